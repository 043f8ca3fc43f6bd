#include "examples/partner-simulator/latency.hpp"

#include <cmath>

#include "examples/partner-simulator/hash.hpp"

namespace tributary::simulator {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kSlow = 8;
constexpr double kBytesPerSecond = 2e6;

/// A log-normal body; with probability `tail` instead anything between the two times.
struct CallModel {
    double median, sigma;
    double tail, tail_from, tail_to;
};

CallModel model_of(Call const& call) {
    switch (call.step) {
        case Step::token:
            return {.15, .5, .002, 5, 30};
        case Step::patient_discovery:
            return call.found ? CallModel{1.5, .73, .015, 10, 60} : CallModel{1.0, .7, .015, 10, 60};
        case Step::query_documents:
            return {2.0, .8, .02, 10, 120};
        case Step::retrieve_document:
            return {.6 + static_cast<double>(call.bytes) / kBytesPerSecond, .7, .01, 10, 120};
        case Step::none:
            break;
    }
    return {};
}

Seconds scripted_time(ScriptedLatency const& scripted, Step step) {
    switch (step) {
        case Step::patient_discovery:
            return scripted.patient_discovery;
        case Step::query_documents:
            return scripted.query_documents;
        case Step::retrieve_document:
            return scripted.retrieve_document;
        case Step::token:
        case Step::none:
            break;
    }
    return Seconds(0);
}

Seconds modelled_time(std::uint64_t seed, Community const& community, Call const& call) {
    auto const model = model_of(call);
    auto const name = wire(call.step);
    auto const drawn = draw(seed, {community.id, name, call.target, "tail"});
    if (drawn < model.tail)
        return Seconds(model.tail_from + drawn / model.tail * (model.tail_to - model.tail_from));
    return Seconds(
        model.median * std::exp(model.sigma * draw_normal(seed, {community.id, name, call.target}))
    );
}

}  // namespace

Seconds latency_of(std::uint64_t seed, Community const& community, Call const& call) {
    if (call.step == Step::none) return Seconds(0);
    auto const& behaviour = community.behaviour;
    auto const factor = behaviour.health == Health::slow ? kSlow : 1;
    if (!behaviour.scripted) return factor * behaviour.pace * modelled_time(seed, community, call);
    auto const time = scripted_time(*behaviour.scripted, call.step);
    return factor * (.9 + .2 * draw(seed, {community.id, wire(call.step), call.target})) * time;
}

}  // namespace tributary::simulator
