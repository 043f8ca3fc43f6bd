#include <algorithm>

#include "cache/admission.hpp"

namespace tributary::cache {

namespace {

namespace identity = fhir::identity;

/// Whom it is about is said otherwise than before; nothing said is no word for anybody.
bool names_another(fhir::Reference const& before, fhir::Reference const& now) {
    auto const identifier = [](fhir::Reference const& subject) {
        return subject.identifier ? identity::normalised(*subject.identifier) : std::string();
    };
    if (now.reference.empty() && identifier(now).empty()) return false;
    return before.reference != now.reference || identifier(before) != identifier(now);
}

/// What is listed under the partner's id is the entry that we know by other ids since it was moved.
void take_ids(EntryRow& entry, std::string const& suffix) {
    entry.id += suffix;
    for (auto& content : entry.contents) content.binary_id += suffix;
}

/// By what both say: another name, and not the same bytes under it. Of one name with other bytes the entry is an update (D.3, row 3).
bool contradict(EntryRow const& a, EntryRow const& b) {
    auto const name = identity::unique_id(a.reference);
    auto const other_name = identity::unique_id(b.reference);
    if (name.empty() || other_name.empty() || name == other_name) return false;
    for (auto const& left : a.reference.contents) {
        for (auto const& right : b.reference.contents) {
            auto const digest = identity::read_digest(left.attachment.hash);
            if (digest && digest == identity::read_digest(right.attachment.hash)) return false;
        }
    }
    return true;
}

}  // namespace

void Admission::note_absence(AbsentEntry const& absent) {
    auto const known = rooms_.entries.find(absent.scope, absent.partner, absent.remote_id);
    if (known == 0) return;
    if (absent.deleted) {
        withdraw(known);
    } else {
        rooms_.entries.looked_for(known, now_);
    }
}

void Admission::withdraw(std::int64_t known) {
    auto entry = rooms_.entries.load(known);
    entry.deleted = true;
    entry.reference.status = kRetracted;
    entry.reference.resource.set("status", kRetracted);
    refresh(std::move(entry), known);
}

void Admission::add(EntryRow entry, PatientRow const& patient) {
    auto const set_aside = rooms_.entries.set_aside(entry);
    for (auto const sequence : set_aside) {
        auto const holder = rooms_.patients.load(rooms_.entries.load(sequence).patient);
        if (!holder || holder->person != patient.person) continue;
        rooms_.entries.take_back(sequence, entry.remote_id);
        refresh(std::move(entry), sequence);
        return;
    }
    if (!set_aside.empty()) take_ids(entry, "-" + std::to_string(rooms_.entries.next_sequence()));
    place(entry, patient);
    flag_carried(entry);
}

bool Admission::has_parted(EntryRow const& fresh, EntryRow const& known) {
    bool const renamed = identity::unique_id(fresh.reference) != identity::unique_id(known.reference);
    if (!renamed || known.provisional || fresh.retracted() || known.retracted()) return false;
    auto const holders = rooms_.entries.of_document(known.document, false);
    return holders.size() > 1 && std::all_of(holders.begin(), holders.end(), [&](std::int64_t sequence) {
               return sequence == known.sequence || contradict(rooms_.entries.load(sequence), fresh);
           });
}

void Admission::replace_apart(EntryRow fresh, EntryRow const& known, PatientRow const& patient) {
    withdraw(known.sequence);
    rooms_.entries.put_aside(known);
    take_ids(fresh, "-" + std::to_string(rooms_.entries.next_sequence()));
    place(fresh, patient);
    flag_carried(fresh);
}

bool Admission::move(EntryRow& fresh, EntryRow const& known) {
    auto const holder = rooms_.patients.load(known.patient);
    auto const answering = rooms_.patients.load(fresh.patient);
    if (!holder || !answering) return true;
    bool const another = names_another(known.reference.subject, fresh.reference.subject);
    if (holder->person == answering->person) {
        if (!another) fresh.patient = known.patient;
        if (has_parted(fresh, known)) {
            replace_apart(std::move(fresh), known, *answering);
            return true;
        }
        if (known.id.starts_with(fresh.id)) take_ids(fresh, known.id.substr(fresh.id.size()));
        fresh.id = known.id;
        return false;
    }
    if (!another) return true;
    ++admitted_.moved;
    withdraw(known.sequence);
    rooms_.entries.put_aside(known);
    add(std::move(fresh), *answering);
    return true;
}

}  // namespace tributary::cache
