#include "cache/admission.hpp"

#include <algorithm>
#include <set>

#include "fhir/base/ascii.hpp"
#include "fhir/base/media_type.hpp"
#include "fhir/identity/acceptance.hpp"

namespace tributary::cache {

namespace {

namespace identity = fhir::identity;
using identity::Verdict;

/// Both sides with the Bodies of contents of the same media type: equal ones, where there are any, else the first.
struct Pair {
    identity::Known a, b;
};
Pair pair_up(EntryRow const& a, EntryRow const& b) {
    auto const known = [](EntryRow const& entry) {
        return identity::Known{entry.partner, &entry.reference, entry.home_community_id, std::nullopt};
    };
    Pair pair{known(a), known(b)};
    auto const count = [](EntryRow const& entry) {
        return std::min(entry.contents.size(), entry.reference.contents.size());
    };
    for (std::size_t i = 0; i < count(a); ++i) {
        for (std::size_t j = 0; j < count(b); ++j) {
            auto const& left = a.reference.contents[i].attachment;
            auto const& right = b.reference.contents[j].attachment;
            if (!a.contents[i].body || !b.contents[j].body ||
                fhir::media_type(left.content_type) != fhir::media_type(right.content_type))
                continue;
            bool const equal = a.contents[i].body->sha256 == b.contents[j].body->sha256;
            if (pair.a.body && !equal) continue;
            pair.a.body = a.contents[i].body;
            pair.b.body = b.contents[j].body;
            if (equal) return pair;
        }
    }
    return pair;
}

Verdict verdict(EntryRow const& known, EntryRow const& fresh) {
    auto const pair = pair_up(known, fresh);
    return identity::compare(pair.a, pair.b);
}

/// Inline bytes are a Body; their base64 has no place in the metadata.
void strip_data(fhir::DocumentReference& reference) {
    auto* const contents = reference.resource.find("content");
    auto* const items = contents == nullptr ? nullptr : contents->get<fhir::json::Value::Array>();
    if (items == nullptr) return;
    for (auto& item : *items) {
        if (auto* const attachment = item.find("attachment")) attachment->erase("data");
    }
}

/// A part of an entry, as a server says itself.
bool is_subsetted(EntryRow const& entry) {
    constexpr std::string_view kSystem = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
    auto const* const meta = entry.reference.resource.find("meta");
    if (meta == nullptr) return false;
    auto const& tags = meta->items("tag");
    return std::any_of(tags.begin(), tags.end(), [&](fhir::json::Value const& tag) {
        return tag.text("code") == "SUBSETTED" && tag.text("system") == kSystem;
    });
}

/// Bytes that came with the metadata and are others than those kept; where none are kept any longer, nobody can tell.
bool inline_changed(EntryRow const& known, EntryRow const& fresh) {
    for (std::size_t i = 0; i < fresh.contents.size() && i < known.contents.size(); ++i) {
        auto const& before = known.contents[i].sha256;
        if (!fresh.contents[i].sha256.empty() && !before.empty() && fresh.contents[i].sha256 != before)
            return true;
    }
    return false;
}

/// The shown entry's bytes may be others than before: they came with it, or where they are has changed.
bool bytes_changed(EntryRow const& known, EntryRow const& fresh) {
    if (known.contents.size() != fresh.contents.size()) return true;
    for (std::size_t i = 0; i < fresh.contents.size(); ++i) {
        if (fresh.contents[i].sha256 != known.contents[i].sha256) return true;
        if (i >= fresh.reference.contents.size() || i >= known.reference.contents.size()) continue;
        if (fresh.reference.contents[i].attachment.url != known.reference.contents[i].attachment.url)
            return true;
    }
    return false;
}

bool same_community(std::string_view a, std::string_view b) { return ascii::equal_without_case(a, b); }

}  // namespace

Admitted Admission::result() && {
    for (auto const document : relinked_) {
        if (rooms_.documents.load(document).alias_of == 0) presentation_.refreshed(document);
    }
    auto const told = presentation_.take_told();
    for (auto const& each : told) admitted_.subscriptions.push_back(each.id);
    admitted_.fresh = rooms_.handover.collect(told);
    auto& wanted = admitted_.to_retrieve;
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    return std::move(admitted_);
}

void Admission::admit(Answer const& answer, PatientRow const& patient) {
    retrieve_missing_ = answer.retrieve_missing;
    for (auto const& fresh : answer.entries) {
        auto entry = make_entry(answer, fresh, patient);
        if (auto const known = rooms_.entries.find(entry.scope, entry.partner, entry.remote_id); known != 0) {
            refresh(std::move(entry), known);
        } else {
            add(std::move(entry), patient);
        }
    }
}

EntryRow Admission::make_entry(Answer const& answer, NewEntry const& fresh, PatientRow const& patient) {
    EntryRow entry;
    entry.id = fresh.id;
    entry.scope = answer.scope;
    entry.partner = answer.partner;
    entry.remote_id = fresh.document.id.empty() ? fresh.id : fresh.document.id;
    auto const& stated = fresh.document.home_community_id;
    entry.home_community_id = stated.empty() ? answer.home_community_id : stated;
    entry.owner =
        answer.home_community_id.empty() || same_community(entry.home_community_id, answer.home_community_id);
    entry.patient = patient.sequence;
    entry.reference = fresh.document;
    strip_data(entry.reference);
    for (auto const& id : fresh.binary_ids) entry.contents.push_back({id, "", false, std::nullopt});
    for (auto const& body : fresh.inline_bodies) {
        if (body.content >= entry.contents.size()) continue;
        if (rooms_.patients.are_others(body.subjects, patient)) {
            rooms_.entries.discard(body);
            entry.reference.contents[body.content].attachment.has_data = false;
            ++admitted_.quarantined;
            continue;
        }
        rooms_.entries.keep_inline(body, now_);
        entry.hash_mismatch = entry.hash_mismatch.value_or(false) || body.hash_mismatch;
        entry.contents[body.content].sha256 = body.identity.sha256;
        entry.contents[body.content].body = body.identity;
    }
    return entry;
}

void Admission::refresh(EntryRow fresh, std::int64_t known_sequence) {
    auto const known = rooms_.entries.load(known_sequence);
    if (move(fresh, known)) return;
    auto const patient = rooms_.patients.load(fresh.patient);
    bool const unchanged = verdict(known, fresh) == Verdict::unchanged && !inline_changed(known, fresh) &&
                           known.deleted == fresh.deleted;
    bool const lesser =
        is_subsetted(fresh) && !is_subsetted(known) && !known.deleted;  // F.8: the full copy stays
    if (unchanged || lesser) {
        rooms_.entries.seen(known.sequence, now_);
        if (unchanged) keep_again(known, fresh);
        return;
    }
    auto replaced = replaced_by(known, patient->person);
    if (fresh.retracted()) {
        for (auto const version : rooms_.entries.of_set(known, patient->person))
            replaced.push_back(rooms_.entries.document_of(version));
    }
    fresh.sequence = known.sequence;
    fresh.document = known.document;
    fresh.provisional = known.provisional;
    rooms_.entries.replace(fresh, now_);
    if (fresh.provisional) {
        place(fresh, *patient);
        return;
    }
    bool const shown = rooms_.documents.load(fresh.document).entry == fresh.sequence;
    if (shown && !fresh.retracted()) retrieve(fresh);
    reconsider(fresh, patient->person);
    if (fresh.patient != known.patient && !fresh.retracted()) {
        presentation_.moved(fresh.document, fresh);
    } else {
        presentation_.changed(fresh.document, shown && bytes_changed(known, fresh));
    }
    if (!shown) retrieve_rendition(fresh);
    for (auto const document : replaced) restore(document);
    settle_copies(fresh.document);
    flag_carried(fresh);
}

/// Of an entry that says what it said before: bytes that came with it and were kept no longer, and what nobody has retrieved so far.
void Admission::keep_again(EntryRow const& known, EntryRow const& fresh) {
    for (std::size_t i = 0; i < fresh.contents.size() && i < known.contents.size(); ++i) {
        if (known.contents[i].sha256.empty() && !fresh.contents[i].sha256.empty())
            rooms_.entries.set_body(known.contents[i].binary_id, fresh.contents[i].sha256);
    }
    bool const first_asked = retrieve_missing_ && !known.retracted();
    if (first_asked && (known.provisional || rooms_.documents.load(known.document).entry == known.sequence))
        retrieve(known);
}

Admission::Placement Admission::judge(EntryRow const& entry, std::int64_t person) {
    struct Evidence {
        std::int64_t document;
        bool same = false, conflict = false, provisional = false;
    };
    std::vector<Evidence> evidence;  // of each Document, the strongest of what its holders tell
    Placement placement;
    Walks walks;
    for (auto const sequence : rooms_.entries.candidates(entry, person)) {
        auto known = rooms_.entries.load(sequence);
        if (known.document == entry.document && !entry.provisional && entry.document != 0) continue;
        auto found = verdict(known, entry);
        if (found == Verdict::provisional_same) {
            rooms_.entries.lend_bodies(known);
            found = verdict(known, entry);
        }
        auto at = std::find_if(evidence.begin(), evidence.end(), [&](Evidence const& one) {
            return one.document == known.document;
        });
        if (at == evidence.end()) at = evidence.insert(at, Evidence{known.document});
        at->same |= found == Verdict::same;
        at->conflict |= found == Verdict::conflict;
        at->provisional |= found == Verdict::provisional_same;
        judge_versions(found, known, entry, person, placement, walks);
    }
    for (auto const& one : evidence) {
        if (one.same) {
            if (placement.same == 0) placement.same = one.document;
        } else if (one.conflict) {
            placement.conflicting.push_back(one.document);
        } else if (one.provisional && placement.provisional == 0) {
            placement.provisional = one.document;
        }
    }
    return placement;
}

void Admission::place(EntryRow& entry, PatientRow const& patient) {
    auto const placement = judge(entry, patient.person);
    if (placement.same != 0) {
        add_holder(entry, placement.same);
        follow(placement, placement.same);
    } else if (placement.provisional == 0) {
        make_document(entry, patient, placement);
    } else if (rooms_.documents.load(placement.provisional).status == kRetracted && !entry.retracted()) {
        add_holder(entry, placement.provisional);  // what is retracted never holds a current one back
    } else {
        put(entry, placement.provisional, true);
        if (entry.retracted()) return;
        presentation_.held_back(placement.provisional, entry);
        retrieve(entry);
        retrieve(rooms_.entries.load(rooms_.documents.load(placement.provisional).entry));
    }
}

void Admission::put(EntryRow& entry, std::int64_t document, bool provisional) {
    if (entry.sequence == 0) {
        entry.document = document;
        entry.provisional = provisional;
        rooms_.entries.insert(entry, now_);
    } else {
        rooms_.entries.assign(entry, document, provisional);
    }
}

void Admission::make_document(EntryRow& entry, PatientRow const& patient, Placement const& placement) {
    if (entry.sequence == 0) rooms_.entries.insert(entry, now_);
    auto const document = rooms_.documents.insert(entry, patient.person, now_).sequence;
    rooms_.entries.assign(entry, document, false);
    if (placement.superseded != Superseded::no)
        rooms_.documents.mark_superseded(document, placement.superseded);
    if (!placement.conflicting.empty()) {
        rooms_.documents.mark_conflict(document);
        ++admitted_.conflicts;
    }
    for (auto const& older : placement.older) supersede(older.document, older.how);
    for (auto const other : placement.conflicting) flag_conflict(other);
    presentation_.fresh(document, entry);
    ++admitted_.documents;
    if (!entry.retracted()) retrieve(entry);
    for (auto const& edge : rooms_.entries.relations().pointing_at(entry, patient.person))
        relinked_.insert(edge.document);  // their links lead here now
}

void Admission::add_holder(EntryRow& entry, std::int64_t document) {
    put(entry, document, false);
    rooms_.entries.seen(entry.sequence, now_);
    bool const was_retracted = rooms_.documents.load(document).status == kRetracted;
    presentation_.another_holder(document, entry);
    if (was_retracted && !entry.retracted()) {
        retrieve(entry);
    } else {
        retrieve_rendition(entry);
    }
}

void Admission::reconsider(EntryRow& entry, std::int64_t person) {
    auto const placement = judge(entry, person);
    if (placement.same != 0) entry.document = merge(placement.same, entry.document);
    follow(placement, entry.document);
    for (auto const other : placement.conflicting) {
        flag_conflict(other);
        flag_conflict(entry.document);
    }
}

void Admission::follow(Placement const& placement, std::int64_t document) {
    for (auto const& older : placement.older) {
        if (older.document != document) supersede(older.document, older.how);
    }
    if (placement.superseded != Superseded::no) supersede(document, placement.superseded);
}

void Admission::supersede(std::int64_t sequence, Superseded how) {
    auto const document = rooms_.documents.load(sequence);
    if (document.superseded != Superseded::no || document.alias_of != 0) return;
    rooms_.documents.mark_superseded(sequence, how);
    presentation_.changed(sequence);
}

void Admission::restore(std::int64_t sequence) {
    auto const document = rooms_.documents.load(sequence);
    if (document.superseded == Superseded::no || document.alias_of != 0) return;
    if (document.superseded == Superseded::inferred && rooms_.entries.any_released(document.person))
        return;  // those bytes may be of a newer version, too
    for (auto const holder : rooms_.entries.of_document(sequence, false)) {
        auto const placement = judge(rooms_.entries.load(holder), document.person);
        if (placement.superseded != Superseded::no) return;
    }
    rooms_.documents.mark_superseded(sequence, Superseded::no);
    presentation_.changed(sequence);
}

void Admission::flag_conflict(std::int64_t sequence) {
    if (rooms_.documents.load(sequence).conflict) return;
    rooms_.documents.mark_conflict(sequence);
    presentation_.refreshed(sequence);
}

void Admission::attach(AttachedBody const& body) {
    auto const owner = rooms_.entries.of_binary(body.binary_id);
    if (owner == 0) return;
    if (!rooms_.entries.is_current(body)) {
        rooms_.entries.discard(body);
        admitted_.outdated = true;
        return;
    }
    auto entry = rooms_.entries.load(owner);
    auto const patient = rooms_.patients.load(entry.patient);
    if (!patient) return;
    if (rooms_.patients.are_others(body.subjects, *patient)) {
        rooms_.entries.discard(body);
        ++admitted_.quarantined;
        return;
    }
    rooms_.entries.set_body(body);
    entry = rooms_.entries.load(owner);
    auto const before = entry.document;
    if (entry.provisional) {
        place(entry, *patient);
    } else {
        reconsider(entry, patient->person);
    }
    if (!entry.provisional) flag_mismatch(entry, body.hash_mismatch);
    settle_copies(before);
    if (entry.document != before) settle_copies(entry.document);
}

void Admission::flag_carried(EntryRow const& entry) {
    if (entry.hash_mismatch && !entry.provisional) flag_mismatch(entry, *entry.hash_mismatch);
}

/// Of several contents any one may have the wrong bytes.
void Admission::flag_mismatch(EntryRow const& entry, bool mismatch) {
    bool const known = rooms_.documents.load(entry.document).hash_mismatch;
    if (known == mismatch || (known && entry.contents.size() > 1)) return;
    rooms_.documents.mark_hash_mismatch(entry.document, mismatch);
    presentation_.refreshed(entry.document);
}

void Admission::settle_copies(std::int64_t document) {
    for (auto const copy : rooms_.entries.of_document(document, true)) settle(copy);
}

void Admission::settle(std::int64_t sequence) {
    auto entry = rooms_.entries.load(sequence);
    if (auto const patient = rooms_.patients.load(entry.patient)) place(entry, *patient);
}

/// Answers the Document that stays.
std::int64_t Admission::merge(std::int64_t a, std::int64_t b) {
    auto const [kept, gone] = std::minmax(a, b);
    auto const staying = rooms_.documents.load(kept);
    auto const leaving = rooms_.documents.load(gone);
    if ((staying.status == kRetracted) != (leaving.status == kRetracted))
        return b;  // it would hide a current one
    rooms_.entries.assign_all(gone, kept);
    rooms_.documents.make_alias(gone, kept);
    if (leaving.conflict) rooms_.documents.mark_conflict(kept);
    presentation_.refreshed(kept);
    if (leaving.superseded != Superseded::no) supersede(kept, leaving.superseded);
    return kept;
}

void Admission::join(std::int64_t person) {
    presentation_.hush();
    for (auto const sequence : rooms_.entries.of_person(person)) {
        auto entry = rooms_.entries.load(sequence);
        reconsider(entry, person);
    }
}

/// What is shown beside the contents of another holder.
void Admission::retrieve_rendition(EntryRow const& entry) {
    auto const document = rooms_.documents.load(entry.document);
    auto const others = Presentation::renditions(entry, rooms_.entries.load(document.entry).reference);
    if (others.empty()) return;
    auto const shown = rooms_.documents.current(document);
    for (auto const index : others) {
        auto const& content = entry.contents[index];
        bool const is_shown =
            std::any_of(shown.contents.begin(), shown.contents.end(), [&](fhir::DocumentContent const& one) {
                return one.attachment.url == "Binary/" + content.binary_id;
            });
        if (is_shown && content.sha256.empty()) admitted_.to_retrieve.push_back(content.binary_id);
    }
}

void Admission::retrieve(EntryRow const& entry) {
    auto missing = Entries::missing(entry);
    std::move(missing.begin(), missing.end(), std::back_inserter(admitted_.to_retrieve));
}

}  // namespace tributary::cache
