// Addresses, secrets and templates: where {{...}} come from and where they must not go.

#include "targets/address_book.h"
#include "targets/secrets.h"
#include "targets/templates.h"
#include "tests/targets/support.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace blackstart {
namespace {

using test::contains;

TEST(AddressOfUrl, ReadsHostAndPort) {
  struct Row {
    const char* url;
    const char* host;
    int port;
  };
  for (const Row& row :
       {Row{"http://127.0.0.1:8080/x", "127.0.0.1", 8080}, Row{"https://shop.example", "shop.example", 443},
        Row{"http://shop.example/", "shop.example", 80}, Row{"http://[::1]:81", "::1", 81},
        Row{"postgres://db:5432/x", "db", 5432}}) {
    const auto address = address_of_url(row.url);
    ASSERT_TRUE(address) << row.url;
    EXPECT_EQ(address->host, row.host);
    EXPECT_EQ(address->port, row.port);
  }
  for (const char* wrong :
       {"", "127.0.0.1", "http://", "http://x:0", "http://x:99999", "postgres://db/x", "ht tp://x"}) {
    const auto address = address_of_url(wrong);
    ASSERT_FALSE(address) << wrong;
    EXPECT_EQ(address.error().code, ErrorCode::kInvalid);
  }
}

TEST(AddressBook, ARoleThatMovesTakesItsAddressAlong) {
  AddressBook book;
  book.put("database", 1, "primary", {"127.0.0.1", 1001, "http://127.0.0.1:1001"});
  book.put("database", 2, "standby", {"127.0.0.1", 1002, "http://127.0.0.1:1002"});
  EXPECT_EQ(book.value("services.database.url"), "http://127.0.0.1:1001");
  EXPECT_EQ(book.value("services.database.primary.url"), "http://127.0.0.1:1001");
  EXPECT_EQ(book.value("services.database.standby.port"), "1002");

  book.set_role("database", 1, "");
  book.set_role("database", 2, "primary");
  EXPECT_EQ(book.value("services.database.url"), "http://127.0.0.1:1002");
  EXPECT_EQ(book.value("services.database.primary.port"), "1002");
  EXPECT_EQ(book.value("services.database.standby.url"), std::nullopt);
  const auto values = book.values();
  EXPECT_EQ(values.at("services.database.host"), "127.0.0.1");
  EXPECT_FALSE(values.contains("services.database.standby.url"));
}

TEST(AddressBook, DoesNotAnswerWhatItDoesNotKnow) {
  AddressBook book;
  book.put("api", 1, "", {"127.0.0.1", 1001, "u"});
  for (const char* name : {"services.api.path", "services.web.url", "api.url", "services.api", "services..url", ""}) {
    EXPECT_EQ(book.value(name), std::nullopt) << name;
  }
}

Spec spec_with_secret() {
  return test::spec_of(test::least_scenario(), R"(
blackstart_target: 1
name: shop
services: {shop: {kind: api, url: "http://127.0.0.1:9"}}
load: {http: {url: "{{services.shop.url}}/o", headers: {Authorization: "Bearer {{env.BS_TOKEN}}", X: "{{env.BS_MISSING}}"}, acknowledged: [200]}}
drivers: {external: {}}
)");
}

TEST(Secrets, AreMaskedInEveryForm) {
  const Secrets secrets(spec_with_secret(), [](const std::string& name) {
    return name == "BS_TOKEN" ? std::optional<std::string>("p\"ss w/rd") : std::nullopt;
  });
  EXPECT_EQ(secrets.value("BS_TOKEN"), "p\"ss w/rd");
  EXPECT_EQ(secrets.value("PATH"), std::nullopt) << "only what the scenario names is a secret of it";
  EXPECT_EQ(secrets.mask("a p\"ss w/rd b"), "a *** b");
  EXPECT_EQ(secrets.mask("url?x=p%22ss%20w%2Frd&y"), "url?x=***&y");
  EXPECT_EQ(secrets.mask(R"({"x":"p\"ss w/rd"})"), R"({"x":"***"})");
  const auto missing = secrets.missing();
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_TRUE(contains(missing[0].message, "BS_MISSING")) << missing[0].message;
  EXPECT_TRUE(missing[0].context.ends_with(":5:102")) << missing[0].context;
}

RC_GTEST_PROP(SecretsProperty, NothingOfASecretIsLeftInMaskedText, ()) {
  const auto secret = *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', 'f')));
  const auto around = *rc::gen::container<std::string>(rc::gen::inRange('a', 'z'));
  const Secrets secrets(spec_with_secret(),
                        [&](const std::string& name) { return name == "BS_TOKEN" ? std::optional(secret) : "zzzz"; });
  const std::string masked = secrets.mask(around + secret + around + secret + secret);
  RC_ASSERT(masked.find(secret) == std::string::npos);
}

TEST(Templates, FillByWhereTheTextGoes) {
  const Secrets secrets(spec_with_secret(), [](const std::string&) { return std::optional<std::string>("hush"); });
  AddressBook book;
  book.put("shop", 1, "", {"127.0.0.1", 9, "http://127.0.0.1:9"});
  Templates templates(book, secrets, {{"drill.id", "d-1"}, {"title", "A test"}});
  templates.remember_output("Find the id", " 42\n");
  EXPECT_EQ(*templates.fill_for_request("{{services.shop.url}}/{{drill.id}}?t={{env.BS_TOKEN}}"),
            "http://127.0.0.1:9/d-1?t=hush");
  EXPECT_EQ(*templates.fill_for_people("{{title}} {{env.BS_TOKEN}} {{steps.Find the id}}"), "A test *** 42");
  EXPECT_EQ(*templates.fill_for_bids("{{bid.id}} {{cursor}} {{drill.id}}"), "{{bid.id}} {{cursor}} d-1");
  const auto shell = templates.fill_for_shell("curl -H \"T: {{env.BS_TOKEN}}\" {{services.shop.url}}");
  ASSERT_TRUE(shell);
  EXPECT_FALSE(contains(*shell, "hush")) << *shell;
  EXPECT_TRUE(contains(*shell, "BS_TOKEN")) << *shell;
  const auto unknown = templates.fill_for_request("{{services.nobody.url}}");
  ASSERT_FALSE(unknown);
  EXPECT_TRUE(contains(unknown.error().message, "services.nobody.url")) << unknown.error().message;
}

}  // namespace
}  // namespace blackstart
