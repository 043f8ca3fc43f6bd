#include "orchestrator/partner/step_queue.hpp"

#include <algorithm>

namespace tributary::partner {

namespace {

constexpr auto kLater = [](Step const& a, Step const& b) { return a.not_before > b.not_before; };

}  // namespace

void StepQueue::add(Step const& step, TimePoint now) {
    count(step, 1);
    if (step.priority == Priority::on_demand && step.not_before <= now) {
        on_demand_.push_back(step);
        return;
    }
    auto const [found, fresh] = lines_.try_emplace(step.flow.discovery);
    Line& line = found->second;
    if (fresh) line.app = step.flow.app;
    if (step.not_before <= now) {
        make_ready(line, step);
        return;
    }
    clear_alarm(found->first, line);
    line.delayed.push_back(step);
    std::push_heap(line.delayed.begin(), line.delayed.end(), kLater);
    set_alarm(found->first, line);
}

std::optional<Step> StepQueue::take(TimePoint now) {
    promote(now);
    if (!on_demand_.empty()) {
        Step const step = on_demand_.front();
        on_demand_.pop_front();
        count(step, -1);
        return step;
    }
    if (turns_.empty()) return std::nullopt;
    App& app = apps_.at(turns_.front());
    auto const found = lines_.find(app.turns.front());
    Line& line = found->second;
    Step const step = line.ready.back();
    line.ready.pop_back();
    count(step, -1);
    turns_.splice(turns_.end(), turns_, app.turn);
    app.turns.splice(app.turns.end(), app.turns, line.turn);
    tidy(found);
    return step;
}

StepQueue::TimePoint StepQueue::next_due(TimePoint now) {
    promote(now);
    if (!on_demand_.empty() || !turns_.empty()) return now;
    return alarms_.empty() ? TimePoint::max() : alarms_.begin()->first;
}

std::optional<Step> StepQueue::take_owed() {
    if (owed_ == 0) return std::nullopt;
    for (auto const& [when, discovery] : alarms_) {
        auto const& delayed = lines_.at(discovery).delayed;
        auto const owed =
            std::find_if(delayed.begin(), delayed.end(), [](Step const& step) { return step.owed; });
        if (owed == delayed.end()) continue;
        return extract(*owed->runner, owed->flow, owed->target);
    }
    return std::nullopt;
}

void StepQueue::make_owed_due(TimePoint now) {
    if (owed_ == 0) return;
    for (auto& [key, line] : lines_) {
        clear_alarm(key, line);
        for (Step& step : line.delayed) {
            if (step.owed) step.not_before = std::min(step.not_before, now);
        }
        std::make_heap(line.delayed.begin(), line.delayed.end(), kLater);
        set_alarm(key, line);
    }
}

std::vector<Step> StepQueue::take_impatient() {
    std::vector<Step> taken(on_demand_.begin(), on_demand_.end());
    on_demand_.clear();
    auto const impatient = [](Step const& step) { return !step.owed && step.priority != Priority::eager; };
    for (auto it = lines_.begin(); it != lines_.end();) {
        auto const here = it++;
        auto& [key, line] = *here;
        clear_alarm(key, line);
        for (auto* steps : {&line.ready, &line.delayed}) {
            auto const keep = std::stable_partition(steps->begin(), steps->end(), std::not_fn(impatient));
            taken.insert(taken.end(), keep, steps->end());
            steps->erase(keep, steps->end());
        }
        std::make_heap(line.delayed.begin(), line.delayed.end(), kLater);
        set_alarm(key, line);
        tidy(here);
    }
    for (Step const& step : taken) count(step, -1);
    return taken;
}

void StepQueue::forget(StepRunner const& runner, Flow flow) {
    std::erase_if(on_demand_, [&](Step const& step) {
        bool const its = step.runner == &runner && step.flow == flow;
        if (its) count(step, -1);
        return its;
    });
    auto const found = lines_.find(flow.discovery);
    if (found == lines_.end()) return;
    Line& line = found->second;
    clear_alarm(found->first, line);
    for (auto* steps : {&line.ready, &line.delayed}) {
        std::erase_if(*steps, [&](Step const& step) {
            if (step.runner != &runner) return false;
            count(step, -1);
            return true;
        });
    }
    std::make_heap(line.delayed.begin(), line.delayed.end(), kLater);
    set_alarm(found->first, line);
    tidy(found);
}

std::optional<Step> StepQueue::extract(StepRunner const& runner, Flow flow, std::uint32_t target) {
    std::optional<Step> taken;
    auto const take_from = [&](auto& steps) {
        auto const it = std::find_if(steps.begin(), steps.end(), [&](Step const& step) {
            return step.runner == &runner && step.target == target && step.flow == flow;
        });
        if (taken || it == steps.end()) return;
        taken = *it;
        steps.erase(it);
        count(*taken, -1);
    };
    take_from(on_demand_);
    auto const found = lines_.find(flow.discovery);
    if (taken || found == lines_.end()) return taken;
    Line& line = found->second;
    clear_alarm(found->first, line);
    take_from(line.ready);
    take_from(line.delayed);
    std::make_heap(line.delayed.begin(), line.delayed.end(), kLater);
    set_alarm(found->first, line);
    tidy(found);
    return taken;
}

void StepQueue::clear() { *this = StepQueue(); }

void StepQueue::make_ready(Line& line, Step const& step) {
    auto const more_urgent_last = [](Step const& a, Step const& b) { return a.priority > b.priority; };
    line.ready.insert(std::lower_bound(line.ready.begin(), line.ready.end(), step, more_urgent_last), step);
    enter_turn(line, step.flow.discovery);
}

void StepQueue::promote(TimePoint now) {
    while (!alarms_.empty() && alarms_.begin()->first <= now) {
        auto const key = alarms_.begin()->second;
        Line& line = lines_.at(key);
        clear_alarm(key, line);
        while (!line.delayed.empty() && line.delayed.front().not_before <= now) {
            std::pop_heap(line.delayed.begin(), line.delayed.end(), kLater);
            Step const step = line.delayed.back();
            line.delayed.pop_back();
            if (step.priority == Priority::on_demand) {
                on_demand_.push_back(step);
            } else {
                make_ready(line, step);
            }
        }
        set_alarm(key, line);
        tidy(lines_.find(key));
    }
}

void StepQueue::move(Flow flow, std::uint32_t app) {
    auto const found = lines_.find(flow.discovery);
    if (found == lines_.end() || found->second.app == app) return;
    Line& line = found->second;
    bool const in_turn = line.in_turn;
    leave_turn(line);
    line.app = app;
    if (in_turn) enter_turn(line, flow.discovery);
}

void StepQueue::enter_turn(Line& line, std::uint32_t discovery) {
    if (line.in_turn) return;
    auto const [app, fresh] = apps_.try_emplace(line.app);
    if (fresh) app->second.turn = turns_.insert(turns_.end(), line.app);
    line.turn = app->second.turns.insert(app->second.turns.end(), discovery);
    line.in_turn = true;
}

void StepQueue::leave_turn(Line& line) {
    if (!line.in_turn) return;
    auto const app = apps_.find(line.app);
    app->second.turns.erase(line.turn);
    line.in_turn = false;
    if (!app->second.turns.empty()) return;
    turns_.erase(app->second.turn);
    apps_.erase(app);
}

void StepQueue::set_alarm(std::uint32_t discovery, Line const& line) {
    if (!line.delayed.empty()) alarms_.emplace(line.delayed.front().not_before, discovery);
}

void StepQueue::clear_alarm(std::uint32_t discovery, Line const& line) {
    if (!line.delayed.empty()) alarms_.erase({line.delayed.front().not_before, discovery});
}

void StepQueue::tidy(Lines::iterator line) {
    if (line->second.ready.empty()) leave_turn(line->second);
    if (line->second.ready.empty() && line->second.delayed.empty()) lines_.erase(line);
}

void StepQueue::count(Step const& step, std::ptrdiff_t by) {
    auto& counted = step.owed ? owed_ : size_;
    counted = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(counted) + by);
}

}  // namespace tributary::partner
