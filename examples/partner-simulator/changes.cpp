#include "examples/partner-simulator/changes.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "examples/partner-simulator/hash.hpp"
#include "orchestrator/base/digest.hpp"

namespace tributary::simulator {
namespace {

constexpr double kThereAtFirst = .5;
constexpr double kRetracted = .07, kReplaced = .17;  // over all ticks, of what is there by then

/// What happens to a document; tick 0: it is so from the start, or never happens.
struct Fate {
    std::size_t appears = 0, replaced = 0, retracted = 0;
};

std::size_t tick_at(double drawn) { return 1 + static_cast<std::size_t>(drawn * kChangeTicks); }

Fate draw_fate(std::uint64_t seed, std::string const& truth) {
    Fate fate;
    auto const appears = draw(seed, {"change", truth, "appears"});
    if (appears >= kThereAtFirst) fate.appears = tick_at((appears - kThereAtFirst) / (1 - kThereAtFirst));
    auto const ends = tick_at(draw(seed, {"change", truth, "tick"}));
    auto const end = draw(seed, {"change", truth, "end"});
    if (ends <= fate.appears) return fate;
    if (end < kRetracted) {
        fate.retracted = ends;
    } else if (end < kRetracted + kReplaced) {
        fate.replaced = ends;
    }
    return fate;
}

std::string time_of(std::size_t tick) {
    auto const minute = std::to_string(100 + tick).substr(1);
    return "2026-07-01T00:" + minute + ":00Z";
}

Document changed(Document document, std::string_view status, std::size_t tick) {
    document.status = status;
    document.last_updated = time_of(tick);
    ++document.version;
    return document;
}

std::string truth_of_next(Document const& document) {
    return document.truth + '|' + std::string(wire(CopyClass::new_version));
}

/// The version after it: another document, known by an identifier of its own, with other bytes.
Document replacement(Document const& old, std::size_t tick) {
    auto next = old;
    next.id += "-v2";
    next.truth = truth_of_next(old);
    next.copy_class = CopyClass::new_version;
    next.master_identifier = uri_identifier("urn:uuid:" + derived_uuid({old.truth, "v2"}));
    next.identifiers.clear();
    next.replaces = old.master_identifier;
    next.last_updated = time_of(tick);
    next.title += ", amended";
    for (auto& content : next.contents) {
        content.bytes = Bytes(content.bytes.text() + "\n");
        content.binary_id += "-v2";
    }
    return next;
}

/// How many instances each document has.
std::unordered_map<std::string, std::size_t> count_instances(Network const& network) {
    std::unordered_map<std::string, std::size_t> instances;
    for (auto const& community : network.communities) {
        for (auto const& document : community.documents) ++instances[document.truth];
    }
    return instances;
}

/// Only what is known once, under a name of its own, and has no later version yet.
bool is_replaceable(Document const& document, std::unordered_map<std::string, std::size_t> const& instances) {
    bool const plain = document.copy_class == CopyClass::original && document.status == "current";
    return plain && instances.at(document.truth) == 1 && !instances.contains(truth_of_next(document)) &&
           document.listed_for == document.patient_id && !document.master_identifier.value.empty();
}

}  // namespace

ChangeFeed withhold_changes(std::uint64_t seed, Network& network) {
    ChangeFeed feed;
    auto const instances = count_instances(network);
    auto const add = [&](std::size_t tick, std::size_t community, Document document) {
        feed.at(tick - 1).push_back({community, std::move(document)});
    };
    for (std::size_t i = 0; i < network.communities.size(); ++i) {
        std::vector<Document> at_first;
        for (auto& document : network.communities[i].documents) {
            auto const fate = draw_fate(seed, document.truth);
            if (fate.retracted > 0)
                add(fate.retracted, i, changed(document, "entered-in-error", fate.retracted));
            if (fate.replaced > 0 && is_replaceable(document, instances)) {
                add(fate.replaced, i, changed(document, "superseded", fate.replaced));
                add(fate.replaced, i, replacement(document, fate.replaced));
            }
            if (fate.appears == 0) {
                at_first.push_back(std::move(document));
            } else {
                document.last_updated = time_of(fate.appears);
                add(fate.appears, i, std::move(document));
            }
        }
        network.communities[i].documents = std::move(at_first);
    }
    return feed;
}

void apply_edits(Network& network, std::vector<Edit> const& edits) {
    for (auto const& edit : edits) {
        auto& documents = network.communities.at(edit.community).documents;
        auto const same = std::find_if(documents.begin(), documents.end(), [&](Document const& document) {
            return document.id == edit.document.id;
        });
        if (same == documents.end()) {
            documents.push_back(edit.document);
        } else {
            *same = edit.document;
        }
    }
}

}  // namespace tributary::simulator
