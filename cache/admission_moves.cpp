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

bool Admission::move(EntryRow& fresh, EntryRow const& known) {
    auto const holder = rooms_.patients.load(known.patient);
    auto const answering = rooms_.patients.load(fresh.patient);
    if (!holder || !answering) return true;
    bool const another = names_another(known.reference.subject, fresh.reference.subject);
    if (holder->person == answering->person) {
        if (!another) fresh.patient = known.patient;
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
