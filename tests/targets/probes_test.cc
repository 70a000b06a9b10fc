// Probes against servers that misbehave: every answer, and every lack of one, has its observation in time.

#include "targets/probes.h"
#include "targets/external/external_driver.h"
#include "tests/support/wait.h"
#include "tests/targets/support.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <atomic>

namespace blackstart {
namespace {

using namespace test;

/// A probe's context over services that run already.
class Probing : public ::testing::Test {
 protected:
  Probing()
      : spec_(spec_of(least_scenario(),
                      "blackstart_target: 1\nname: t\n"
                      "services: {api: {kind: api, url: 'http://127.0.0.1:9/{{env.BS_PATH}}'}}\n"
                      "load: {protocol: bids, service: api}\ndrivers: {external: {}}\n")),
        secrets_(spec_, [](const std::string&) { return std::optional<std::string>("hush"); }),
        templates_(addresses_, secrets_, {}),
        shell_(templates_, spec_.scenario.folder),
        driver_(spec_.target, addresses_, templates_) {}

  Result<Observation> probe(const std::string& word, const std::string& arguments, BlockingLimit limit = within()) {
    const auto node = parse_yaml(arguments, "probe");
    EXPECT_TRUE(node) << arguments;
    return run_probe({spec_.target, driver_, addresses_, templates_, shell_}, Call{word, *node, {}}, limit);
  }
  Observation seen(const std::string& word, const std::string& arguments, BlockingLimit limit = within()) {
    const auto observed = probe(word, arguments, limit);
    EXPECT_TRUE(observed) << observed.error().to_string();
    return observed ? *observed : Observation{};
  }

  Spec spec_;
  Secrets secrets_;
  AddressBook addresses_;
  Templates templates_;
  Shell shell_;
  ExternalDriver driver_;
};

TEST_F(Probing, HttpLooksAtStatusAndJson) {
  const auto server = answering(200, R"({"status":"UP","list":[{"n":5}],"ready":true})");
  const auto down = answering(503, R"({"status":"DOWN"})");
  struct Row {
    std::string arguments;
    bool ok;
    std::string part;
  };
  const std::vector<Row> table = {
      {"{url: '" + server->url() + "'}", true, "answered 200"},
      {"{url: '" + server->url() + "', status: 200, json: {'$.status': UP, '$.list[0].n': 5, '$.ready': true}}", true,
       ""},
      {"{url: '" + server->url() + "', status: [201, 204]}", false, "answered 200"},
      {"{url: '" + server->url() + "', json: {'$.status': DOWN}}", false, "$.status is UP, not DOWN"},
      {"{url: '" + server->url() + "', json: {'$.other': x}}", false, "has no $.other"},
      {"{url: '" + down->url() + "'}", false, "answered 503"},
      {"{url: '" + down->url() + "', status: 503}", true, ""},
  };
  for (const Row& row : table) {
    const Observation observed = seen("http", row.arguments);
    EXPECT_EQ(observed.ok, row.ok) << row.arguments << ": " << observed.detail;
    EXPECT_TRUE(contains(observed.detail, row.part)) << observed.detail;
  }
}

TEST_F(Probing, HttpSendsMethodHeadersAndBodyWithSecrets) {
  std::string request;
  std::atomic<bool> done = false;
  const ScriptedServer server([&](int socket) {
    request = read_request(socket);
    send_text(socket, answer_text(200, "{}"));
    done = true;
  });
  EXPECT_TRUE(seen("http", "{url: '" + server.url("/a?b=c") +
                               "', method: PUT, headers: {X-Key: '{{env.BS_PATH}}'}, body: '{\"a\":1}'}")
                  .ok);
  ASSERT_TRUE(wait_until_true([&] { return done.load(); }));
  EXPECT_TRUE(request.starts_with("PUT /a?b=c HTTP/1.1\r\n")) << request;
  EXPECT_TRUE(contains(request, "X-Key: hush\r\n")) << request;
  EXPECT_TRUE(request.ends_with("\r\n\r\n{\"a\":1}")) << request;
}

TEST_F(Probing, HttpSurvivesEveryKindOfBadServer) {
  struct Row {
    std::string name;
    std::function<void(int)> serve;
    std::string part;
  };
  const std::vector<Row> table = {
      {"garbage",
       [](int socket) {
         read_request(socket);
         send_text(socket, "\x01\x02 what is this\r\n\r\n");
       },
       "no HTTP"},
      {"closes at once", [](int) {}, "broke off"},
      {"closes in the body",
       [](int socket) {
         read_request(socket);
         send_text(socket, "HTTP/1.1 200 x\r\nContent-Length: 10\r\n\r\nab");
       },
       "broke off"},
      {"a body of 1 GB",
       [](int socket) {
         read_request(socket);
         send_text(socket, "HTTP/1.1 200 x\r\nContent-Length: 1073741824\r\n\r\n");
         const std::string block(1 << 16, 'x');
         for (int i = 0; i < 16384 && ::send(socket, block.data(), block.size(), MSG_NOSIGNAL) > 0; ++i) {
         }
       },
       "more than is read"},
      {"an endless chunked body",
       [](int socket) {
         read_request(socket);
         send_text(socket, "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n");
         const std::string chunk = "10000\r\n" + std::string(1 << 16, 'x') + "\r\n";
         for (int i = 0; i < 16384 && ::send(socket, chunk.data(), chunk.size(), MSG_NOSIGNAL) > 0; ++i) {
         }
       },
       "more than is read"},
      {"an endless header",
       [](int socket) {
         read_request(socket);
         send_text(socket, "HTTP/1.1 200 x\r\nX: ");
         const std::string block(1 << 16, 'x');
         for (int i = 0; i < 16384 && ::send(socket, block.data(), block.size(), MSG_NOSIGNAL) > 0; ++i) {
         }
       },
       "more than is read"},
      {"no JSON",
       [](int socket) {
         read_request(socket);
         send_text(socket, answer_text(200, "<html>"));
       },
       "no JSON"},
  };
  for (const Row& row : table) {
    const ScriptedServer server(row.serve);
    const Observation observed = seen("http", "{url: '" + server.url() + "', json: {'$.a': b}}");
    EXPECT_FALSE(observed.ok) << row.name;
    EXPECT_TRUE(contains(observed.detail, row.part)) << row.name << ": " << observed.detail;
  }
}

TEST_F(Probing, NoAnswerIsAnObservationAtTheDeadline) {
  const ScriptedServer silent([](int socket) {
    while (!read_request(socket).empty()) {
    }
  });
  const auto before = std::chrono::steady_clock::now();
  const Observation observed = seen("http", "{url: '" + silent.url() + "'}", within(std::chrono::milliseconds{200}));
  EXPECT_FALSE(observed.ok);
  EXPECT_TRUE(contains(observed.detail, "not done in time")) << observed.detail;
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds{20}) << "it hangs with the server";
}

TEST_F(Probing, AStopEndsAProbeThatWaits) {
  std::atomic<bool> asked = false;
  const ScriptedServer silent([&](int socket) {
    asked = true;
    while (!read_request(socket).empty()) {
    }
  });
  std::stop_source stop;
  const std::jthread stopper([&] {
    EXPECT_TRUE(wait_until_true([&] { return asked.load(); }));
    stop.request_stop();
  });
  const auto observed = probe("http", "{url: '" + silent.url() + "'}", {within().deadline, stop.get_token()});
  ASSERT_FALSE(observed);
  EXPECT_EQ(observed.error().code, ErrorCode::kCancelled);
}

TEST_F(Probing, RefusedConnectionsAreObserved) {
  const std::string port = std::to_string(free_port());
  const Observation http = seen("http", "{url: 'http://127.0.0.1:" + port + "/'}");
  EXPECT_FALSE(http.ok);
  EXPECT_TRUE(contains(http.detail, "refused")) << http.detail;
  const Observation tcp = seen("tcp", "{host: 127.0.0.1, port: " + port + "}");
  EXPECT_FALSE(tcp.ok);
  EXPECT_TRUE(contains(tcp.detail, "refused")) << tcp.detail;
  const ScriptedServer server([](int) {});
  EXPECT_TRUE(seen("tcp", "{host: localhost, port: " + std::to_string(server.port()) + "}").ok);
  EXPECT_FALSE(seen("tcp", "{service: api}").ok) << "a service without an address is down, not an error";
  addresses_.put("api", 1, "", {"127.0.0.1", server.port(), server.url()});
  EXPECT_TRUE(seen("tcp", "{service: api}").ok);
  EXPECT_FALSE(seen("tcp", "{service: api, role: primary}").ok);
}

TEST_F(Probing, HttpTooLateIsNotOk) {
  const auto server = answering(200, "{}");
  EXPECT_TRUE(seen("http", "{url: '" + server->url() + "', within: 1h}").ok);
  const Observation late = seen("http", "{url: '" + server->url() + "', within: 1ns}");
  EXPECT_FALSE(late.ok);
  EXPECT_TRUE(contains(late.detail, "later than 1ns")) << late.detail;
}

TEST_F(Probing, ExecIsTheExitStatus) {
  EXPECT_TRUE(seen("exec", "exit 0").ok);
  const Observation no = seen("exec", "echo why not; exit 3");
  EXPECT_FALSE(no.ok);
  EXPECT_TRUE(contains(no.detail, "status 3: why not")) << no.detail;
  EXPECT_FALSE(seen("exec", "/no/such/program").ok);
  const Observation slow = seen("exec", "sleep 600", within(std::chrono::milliseconds{100}));
  EXPECT_FALSE(slow.ok);
}

TEST_F(Probing, UnknownWordsSayWhatThereIs) {
  const auto observed = probe("sql", "{service: api, query: x, is: y}");
  ASSERT_FALSE(observed);
  EXPECT_EQ(observed.error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(contains(observed.error().message, "http, tcp, exec, process")) << observed.error().message;
}

}  // namespace
}  // namespace blackstart
