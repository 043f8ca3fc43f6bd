#include "cache/presentation.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "fhir/base/media_type.hpp"
#include "fhir/identity/copies.hpp"

namespace tributary::cache {

namespace {

namespace identity = fhir::identity;

/// Who shows a document best: one that stands by it, of the community that holds the data, with the richest metadata. Of equals the earliest.
std::tuple<bool, bool, int> rank(EntryRow const& entry) {
    return {!entry.retracted(), entry.owner, identity::richness(entry.reference)};
}

}  // namespace

void Presentation::fresh(std::int64_t sequence, EntryRow const& first) {
    auto document = rooms_.documents.load(sequence);
    auto const outward = write(document, first, Documents::Write::always);
    announce(News::fresh, document, outward, {first.patient});
}

void Presentation::another_holder(std::int64_t sequence, EntryRow const& holder) {
    auto document = rooms_.documents.load(sequence);
    auto const shown = rooms_.entries.load(document.entry);
    bool const was_retracted = document.status == kRetracted;
    auto outward = rooms_.documents.current(document);
    if (adds_something(holder, shown, outward))
        outward = write(document, best_holder(document), Documents::Write::if_different);
    if (was_retracted && document.status != kRetracted) {
        announce(News::restored, document, outward, rooms_.entries.patients_of(sequence));
    } else {
        announce(News::another_holder, document, outward, {holder.patient});
    }
}

void Presentation::held_back(std::int64_t sequence, EntryRow const& copy) {
    auto const document = rooms_.documents.load(sequence);
    announce(News::another_holder, document, rooms_.documents.current(document), {copy.patient});
}

void Presentation::changed(std::int64_t sequence, bool bytes_too) {
    auto document = rooms_.documents.load(sequence);
    bool const was_retracted = document.status == kRetracted;
    auto const version = document.version;
    auto const status = document.status;
    auto const mode = bytes_too ? Documents::Write::always : Documents::Write::if_different;
    auto const outward = write(document, best_holder(document), mode);
    if (document.version == version) return;
    auto const news = was_retracted               ? News::restored
                      : document.status != status ? News::status_changed
                                                  : News::changed;
    announce(news, document, outward, rooms_.entries.patients_of(sequence));
}

void Presentation::moved(std::int64_t sequence, EntryRow const& holder) {
    auto document = rooms_.documents.load(sequence);
    auto const version = document.version;
    auto const outward = write(document, best_holder(document), Documents::Write::if_different);
    if (document.version == version) {
        announce(News::another_holder, document, outward, {holder.patient});
    } else {
        announce(News::restored, document, outward, rooms_.entries.patients_of(sequence));
    }
}

void Presentation::refreshed(std::int64_t sequence) {
    auto document = rooms_.documents.load(sequence);
    write(document, best_holder(document), Documents::Write::if_different);
}

EntryRow Presentation::best_holder(DocumentRow const& document) {
    auto best = rooms_.entries.load(document.entry);
    for (auto const sequence : rooms_.entries.of_document(document.sequence, false)) {
        if (sequence == best.sequence) continue;
        auto holder = rooms_.entries.load(sequence);
        if (rank(holder) > rank(best)) best = std::move(holder);
    }
    return best;
}

bool Presentation::adds_something(
    EntryRow const& holder, EntryRow const& shown, fhir::DocumentReference const& current
) {
    if (rank(holder) > rank(shown) || !renditions(holder, current).empty()) return true;
    if (!aliases(current, {holder}).empty()) return true;
    auto const& known = current.resource.items("securityLabel");
    auto const& added = holder.reference.resource.items("securityLabel");
    return std::any_of(added.begin(), added.end(), [&](fhir::json::Value const& label) {
        return std::find(known.begin(), known.end(), label) == known.end();
    });
}

fhir::json::Value::Array Presentation::labels(EntryRow const& shown, std::vector<EntryRow> const& others) {
    std::vector<fhir::DocumentReference const*> copies{&shown.reference};
    for (auto const& other : others) copies.push_back(&other.reference);
    return identity::strictest_labels(copies);
}

std::vector<std::size_t> Presentation::renditions(
    EntryRow const& holder, fhir::DocumentReference const& shown
) {
    std::set<std::string> known;
    for (auto const& content : shown.contents)
        known.insert(fhir::media_type(content.attachment.content_type));
    std::vector<std::size_t> others;
    for (std::size_t i = 0; i < holder.contents.size() && i < holder.reference.contents.size(); ++i) {
        auto const type = fhir::media_type(holder.reference.contents[i].attachment.content_type);
        if (!type.empty() && !known.contains(type) && !known.contains(std::string())) others.push_back(i);
    }
    return others;
}

/// Of each media type the first holder's.
std::vector<Documents::Appearance::Rendition> Presentation::renditions(
    EntryRow const& shown, std::vector<EntryRow> const& others
) {
    std::vector<Documents::Appearance::Rendition> found;
    auto known = shown.reference;
    for (auto const& other : others) {
        if (other.retracted() != shown.retracted()) continue;
        auto const& resources = other.reference.resource.items("content");
        for (auto const index : renditions(other, known)) {
            auto const& content = other.reference.contents[index];
            found.push_back({other.contents[index].binary_id, content, resources[index]});
            known.contents.push_back(content);
        }
    }
    return found;
}

fhir::json::Value::Array Presentation::aliases(
    fhir::DocumentReference const& shown, std::vector<EntryRow> const& others
) {
    std::set<std::string> known;
    if (shown.master_identifier) known.insert(identity::normalised(*shown.master_identifier));
    for (auto const& identifier : shown.identifiers) known.insert(identity::normalised(identifier));
    fhir::json::Value::Array found;
    for (auto const& other : others) {
        auto const key = identity::unique_id(other.reference);
        auto const bar = key.find('|');
        bool const means_anything_here = bar != key.npos && bar != 0;
        if (other.retracted() || !means_anything_here || !known.insert(key).second) continue;
        found.push_back(
            fhir::json::object({{"system", key.substr(0, bar)}, {"value", key.substr(bar + 1)}})
        );
    }
    return found;
}

std::vector<std::string> Presentation::related(EntryRow const& shown, std::int64_t person) {
    std::vector<std::string> ids;
    for (auto const& relation : shown.reference.relates_to) {
        auto const targets = rooms_.entries.relations().targets(shown, relation, person);
        ids.push_back(
            targets.empty() ? std::string()
                            : rooms_.documents.load(rooms_.entries.document_of(targets.front())).id
        );
    }
    return ids;
}

fhir::DocumentReference Presentation::write(
    DocumentRow& document, EntryRow const& shown, Documents::Write mode
) {
    auto const patient = rooms_.patients.load(shown.patient);
    if (!patient) return rooms_.documents.current(document);
    Documents::Appearance appearance;
    appearance.patient_id = patient->id;
    std::vector<EntryRow> others;
    for (auto const sequence : rooms_.entries.of_document(document.sequence, false)) {
        if (sequence != shown.sequence) others.push_back(rooms_.entries.load(sequence));
    }
    appearance.labels = labels(shown, others);
    appearance.aliases = aliases(shown.reference, others);
    appearance.renditions = renditions(shown, others);
    appearance.related = related(shown, document.person);
    return rooms_.documents.publish(document, shown, std::move(appearance), mode, now_);
}

void Presentation::announce(
    News news,
    DocumentRow const& document,
    fhir::DocumentReference const& outward,
    std::vector<std::int64_t> const& patients
) {
    if (hushed_) return;
    for (auto& told : rooms_.interest.announce(news, document, outward, patients, now_))
        told_.try_emplace(told.id, std::move(told));
}

std::vector<Told> Presentation::take_told() {
    std::vector<Told> all;
    for (auto& [id, told] : told_) all.push_back(std::move(told));
    told_.clear();
    return all;
}

}  // namespace tributary::cache
