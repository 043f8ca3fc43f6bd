#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tributary::simulator {

// How a community behaves, apart from what it holds. Source: fixture.md 2 and 4.

/// Whose server it is like; the families differ in what they offer and in the shape of their answers.
enum class Family { hapi, epic, cerner, ihe, microsoft, firely, medplum, blaze };
std::string_view wire(Family family);

/// healthy; slow: eight times the time; flaky: every fifth request fails, no request more than twice in a row; unavailable: 503 to everything;
/// down: closes the connection without an answer; malformed: answers what no client can read.
enum class Health { healthy, slow, flaky, unavailable, down, malformed };
std::string_view wire(Health health);
/// Does it fail however often it is asked?
bool fails_always(Health health);

/// How its 429 says when to come back.
enum class RetryAfter { seconds, http_date };
/// How a DocumentReference leads to the bytes.
enum class Delivery { relative_url, absolute_url, inline_data };

/// Times of its own for each step, give or take a tenth, instead of those drawn from the model.
struct ScriptedLatency {
    std::chrono::milliseconds patient_discovery{0}, query_documents{0}, retrieve_document{0};
};

struct Behaviour {
    Family family = Family::hapi;
    std::size_t page_size = 50;
    bool gives_total = true;
    std::size_t max_at_once = 0;  ///< requests; one more is answered 429; 0: any number
    RetryAfter retry_after = RetryAfter::seconds;
    Health health = Health::healthy;
    std::string bearer_token = {};  ///< wanted with every request but one for metadata; "": none
    double pace = 1;                ///< factor of the model's times: some sites are slow, some are quick
    std::optional<ScriptedLatency> scripted;
};

/// Drawn by the community's id (p001) and the seed; p013, p050, p077, p111 and p150 are never in good health.
Behaviour draw_behaviour(std::uint64_t seed, std::string_view community);

/// The bearer token a community wants, or "": one in five wants none.
std::string draw_bearer_token(std::uint64_t seed, std::string_view community);

/// With health that comes and goes: what becomes of the community in the `slot`th ten seconds. Empty: no change, as in 99 of 100 cases.
std::optional<Health> draw_health_change(std::uint64_t seed, std::string_view community, std::size_t slot);

/// Is it one of those that are never in good health?
bool is_named_trouble(std::string_view community);

/// How a community of that family delivers a content of that many bytes.
Delivery delivery_of(Family family, std::size_t bytes);

}  // namespace tributary::simulator
