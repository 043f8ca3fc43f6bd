#include "tests/bench/app.hpp"

#include <stdexcept>

namespace tributary::bench {
namespace {

constexpr std::chrono::seconds kLongestCall(20);
constexpr char kTopic[] = "http://tributary.example/SubscriptionTopic/patient-documents";

std::string subscription(std::string const& given, std::string const& family, std::string const& endpoint) {
    std::string const backport =
        "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-";
    return R"({"resourceType":"Subscription","meta":{"profile":[")" + backport +
           R"(subscription"]},"status":"requested","reason":"benchmark","criteria":")" + kTopic +
           R"(","_criteria":{"extension":[{"url":")" + backport +
           R"(filter-criteria","valueString":"DocumentReference?patient.given=)" + given +
           R"(&patient.family=)" + family + R"("}]},"channel":{"type":"rest-hook","endpoint":")" + endpoint +
           R"(","payload":"application/fhir+json","_payload":{"extension":[{"url":")" + backport +
           R"(payload-content","valueCode":"full-resource"}]}}})";
}

}  // namespace

awaitable<void> App::subscribe(std::string given, std::string endpoint, std::string family) {
    auto url = net::parse_url(server_ + "/Subscription");
    if (!url) throw std::runtime_error("not a URL: " + server_);
    net::ClientRequest request;
    request.method = "POST";
    request.url = std::move(*url);
    request.headers.add("Content-Type", "application/fhir+json");
    request.body = subscription(given, family, endpoint);
    auto const deadline = async::Deadline::after(bench_.clock, kLongestCall);
    auto const answer = co_await bench_.client.send(deadline, std::move(request));
    if (!answer || answer->status != 201) throw std::runtime_error("the server refused a Subscription");
}

}  // namespace tributary::bench
