#include "targets/auction/store_link.h"

#include <utility>

#include "targets/auction/json_text.h"
#include "targets/auction/log.h"

namespace blackstart::auction {

StoreLink::StoreLink(EventLoop& loop, Upstream::Config config)
    : loop_(loop), config_(std::move(config)), current_(Upstream::open(loop, config_, epoch_seen_)) {}

void StoreLink::append(const Entry& entry, std::string_view drill, Upstream::Done done) {
  current_->append(entry, drill, std::move(done));
}

void StoreLink::repoint(const Url& url) {
  log_line("database {} is replaced by {}", current_->url().to_string(), url.to_string());
  config_.url = url;
  std::erase_if(retired_, [](const auto& upstream) { return upstream->in_flight() == 0; });
  auto before = std::exchange(current_, Upstream::open(loop_, config_, epoch_seen_));
  current_->on_up(up_act_);
  before->retire([this](const Entry& entry, std::string_view drill, SteadyTime since, Upstream::Done done) {
    current_->append_since(entry, drill, since, std::move(done));
  });
  retired_.push_back(std::move(before));
}

void StoreLink::on_up(std::function<void()> act) {
  up_act_ = std::move(act);
  current_->on_up(up_act_);
}

void StoreLink::pass_through(const Request& request, Responder responder) {
  auto held = std::make_shared<Responder>(std::move(responder));
  current_->read(request.target, [held](CallOutcome outcome) {
    if (!outcome.answered) {
      return held->send(error_response(outcome.timed_out ? 504 : 503, "the store does not answer: " + outcome.error));
    }
    const auto& fields = outcome.reply.fields;
    Response response{.status = outcome.reply.status,
                      .body = std::move(outcome.reply.body),
                      .content_type = std::string(fields.get("Content-Type"))};
    for (const char* name : {"Next-Cursor", "Position", "Timeline", "Cluster"}) {
      const auto value = fields.get(name);
      if (!value.empty()) response.headers.append(name).append(": ").append(value).append("\r\n");
    }
    held->send(response);
  });
}

nlohmann::json StoreLink::health_json() const {
  nlohmann::json json{{"status", up() ? "UP" : "DOWN"}, {"url", url().to_string()}};
  if (up()) {
    json["epoch"] = current_->epoch();
  } else {
    json["detail"] = current_->trouble();
  }
  return json;
}

Result<Url> url_of_body(std::string_view body) {
  const auto json = parse_object(body);
  const auto text = json ? string_member(*json, "url") : std::nullopt;
  const auto url = text ? parse_url(*text) : std::nullopt;
  if (url) return *url;
  return fail(ErrorCode::kInvalid, R"(the body must be {"url":"http://host:port"})");
}

}  // namespace blackstart::auction
