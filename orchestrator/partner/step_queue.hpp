#pragma once
#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "orchestrator/partner/step.hpp"

namespace tributary::partner {

/// The Steps that wait at one partner, in order of service: on-demand retrievals first; then in turn over the apps, within an app in turn over its
/// Discoveries, within one by priority. Steps that must wait for a time are kept apart. Adding, taking and dropping looks at the Steps of one Flow;
/// what is owed, impatient or of a runner that ends is looked for in all.
/// Owner: a Lane. Thread: the loop. Pure: time comes as an argument. Source: architecture 5.
class StepQueue {
public:
    using TimePoint = Clock::TimePoint;

    void add(Step const& step, TimePoint now);
    /// The next Step that may run now.
    std::optional<Step> take(TimePoint now);
    /// When take() will answer: now or earlier, a later time, or TimePoint::max() while nothing waits.
    TimePoint next_due(TimePoint now);
    /// An owed Step before its time, of those whose time comes first: what a breaker probes with.
    std::optional<Step> take_owed();
    /// Owed Steps need not wait any longer.
    void make_owed_due(TimePoint now);
    /// What cannot wait for a partner that does not answer: every Step but owed and eager ones.
    std::vector<Step> take_impatient();

    /// The Discovery's Steps take the turn of another app from now on.
    void move(Flow flow, std::uint32_t app);
    /// Drops the runner's Steps of that Flow.
    void forget(StepRunner const& runner, Flow flow);
    std::optional<Step> extract(StepRunner const& runner, Flow flow, std::uint32_t target);
    void clear();

    /// Owed Steps are not counted here: each stands for a Discovery that is kept anyway.
    std::size_t size() const { return size_; }
    std::size_t owed() const { return owed_; }

private:
    /// The Steps of one Discovery.
    struct Line {
        std::uint32_t app = 0;      // whose turn it takes
        std::vector<Step> ready;    // most urgent last
        std::vector<Step> delayed;  // a heap, earliest first
        bool in_turn = false;
        std::list<std::uint32_t>::iterator turn;
    };
    struct App {
        std::list<std::uint32_t> turns;  // Discoveries with a ready Step, next first
        std::list<std::uint32_t>::iterator turn;
    };
    using Lines = std::unordered_map<std::uint32_t, Line>;  // by Discovery

    void make_ready(Line& line, Step const& step);
    void promote(TimePoint now);
    void enter_turn(Line& line, std::uint32_t discovery);
    void leave_turn(Line& line);
    void set_alarm(std::uint32_t discovery, Line const& line);
    void clear_alarm(std::uint32_t discovery, Line const& line);
    void tidy(Lines::iterator line);
    void count(Step const& step, std::ptrdiff_t by);

    std::deque<Step> on_demand_;
    Lines lines_;
    std::unordered_map<std::uint32_t, App> apps_;
    std::list<std::uint32_t> turns_;                        // apps with a ready Step, next first
    std::set<std::pair<TimePoint, std::uint32_t>> alarms_;  // the earliest delayed Step of each Line
    std::size_t size_ = 0;
    std::size_t owed_ = 0;
};

}  // namespace tributary::partner
