// A Subscription of a client: what is accepted is understood again once it is stored, and shown without its header values.

#include "subscriptions/subscription.hpp"

#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace json = tributary::fhir::json;
namespace subscriptions = tributary::subscriptions;

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const resource = json::read(tributary::fuzz::text_of(data, size));
    if (!resource) return 0;
    auto const written = json::read(json::write(*resource));
    tributary::fuzz::expect(written && *written == *resource, "JSON that was written is read again");
    subscriptions::Rules rules;
    rules.canonical_base = rules.base = "https://orchestrator.example.org/fhir";
    auto const reading = subscriptions::read_subscription(*resource, rules, {});
    if (!reading.problems.empty()) return 0;
    auto const stored = subscriptions::stored_subscription(*resource);
    auto const plan = subscriptions::read_plan(stored, rules);
    tributary::fuzz::expect(plan.has_value(), "what was accepted is understood again");
    auto const masked = subscriptions::outward_subscription(stored, {});
    auto const restored = subscriptions::with_stored_headers(masked, stored);
    tributary::fuzz::expect(
        restored && subscriptions::same_request(*restored, stored), "masks stand for the stored values"
    );
    return 0;
}
