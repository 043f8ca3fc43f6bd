#include "cache/admission.hpp"

#include <algorithm>

namespace tributary::cache {

namespace {

namespace identity = fhir::identity;
using identity::Verdict;

constexpr char kRetracted[] = "entered-in-error";

std::string_view base_type(std::string_view content_type) {
    return content_type.substr(0, content_type.find(';'));
}

/// Both sides with the Bodies of contents of the same media type, else of any.
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
                base_type(left.content_type) != base_type(right.content_type))
                continue;
            pair.a.body = a.contents[i].body;
            pair.b.body = b.contents[j].body;
            return pair;
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

EntryRow make_entry(
    Answer const& answer, NewEntry const& fresh, PatientRow const& patient, Entries& entries
) {
    EntryRow entry;
    entry.id = fresh.id;
    entry.scope = answer.scope;
    entry.partner = answer.partner;
    entry.remote_id = fresh.document.id.empty() ? fresh.id : fresh.document.id;
    entry.home_community_id = fresh.document.home_community_id.empty() ? answer.home_community_id
                                                                       : fresh.document.home_community_id;
    entry.patient = patient.sequence;
    entry.reference = fresh.document;
    strip_data(entry.reference);
    for (auto const& id : fresh.binary_ids) entry.contents.push_back({id, "", std::nullopt});
    for (auto const& body : fresh.inline_bodies) {
        if (body.content >= entry.contents.size()) continue;
        entry.contents[body.content].sha256 = body.sha256;
        entry.contents[body.content].body = entries.body(body.sha256);
    }
    return entry;
}

/// Bytes that came with the metadata and are others than those kept.
bool inline_changed(EntryRow const& known, EntryRow const& fresh) {
    for (std::size_t i = 0; i < fresh.contents.size() && i < known.contents.size(); ++i) {
        if (!fresh.contents[i].sha256.empty() && fresh.contents[i].sha256 != known.contents[i].sha256)
            return true;
    }
    return false;
}

}  // namespace

Admitted Admission::result() && {
    Admitted admitted;
    admitted.subscriptions.assign(told_.begin(), told_.end());
    std::sort(to_retrieve_.begin(), to_retrieve_.end());
    to_retrieve_.erase(std::unique(to_retrieve_.begin(), to_retrieve_.end()), to_retrieve_.end());
    admitted.to_retrieve = std::move(to_retrieve_);
    admitted.documents = documents_;
    return admitted;
}

void Admission::admit(Answer const& answer, PatientRow const& patient) {
    for (auto const& fresh : answer.entries) {
        for (auto const& body : fresh.inline_bodies) rooms_.entries.keep_inline(body, now_);
        auto entry = make_entry(answer, fresh, patient, rooms_.entries);
        if (auto const known = rooms_.entries.find(entry.scope, entry.partner, entry.remote_id); known != 0) {
            refresh(std::move(entry), known);
        } else {
            place(entry, patient);
        }
    }
}

void Admission::refresh(EntryRow fresh, std::int64_t known_sequence) {
    auto const known = rooms_.entries.load(known_sequence);
    auto const patient = rooms_.patients.load(known.patient);
    if (!patient) return;
    if (verdict(known, fresh) == Verdict::unchanged && !inline_changed(known, fresh)) {
        rooms_.entries.seen(known.sequence, now_);
        return;
    }
    fresh.sequence = known.sequence;
    fresh.id = known.id;
    fresh.patient = known.patient;
    fresh.document = known.document;
    fresh.provisional = known.provisional;
    rooms_.entries.replace(fresh, now_);
    retrieve(fresh);
    if (fresh.provisional) {
        place(fresh, *patient);
        return;
    }
    for (auto const older : judge(fresh, patient->person).older) supersede(older);
    show(fresh);
}

EntryRow Admission::standing_holder(EntryRow const& retracted) {
    for (auto const sequence : rooms_.entries.of_document(retracted.document, false)) {
        auto holder = rooms_.entries.load(sequence);
        if (holder.reference.status != kRetracted) return holder;
    }
    return retracted;
}

void Admission::show(EntryRow const& entry) {
    auto document = rooms_.documents.load(entry.document);
    if (document.entry != entry.sequence) return;  // another holder's metadata are shown
    bool const was_retracted = document.status == kRetracted;
    auto const shown = entry.reference.status == kRetracted ? standing_holder(entry) : entry;
    auto const patient = rooms_.patients.load(shown.patient);
    if (!patient) return;
    auto const outward = rooms_.documents.publish(document, shown, patient->id, now_);
    auto const patients = rooms_.entries.patients_of(document.sequence);
    announce(was_retracted ? News::restored : News::changed, document, outward, patients);
}

Admission::Placement Admission::judge(EntryRow const& entry, std::int64_t person) {
    Placement placement;
    bool const retracted = entry.reference.status == kRetracted;
    for (auto const sequence : rooms_.entries.candidates(entry, person)) {
        auto const known = rooms_.entries.load(sequence);
        if (known.document == entry.document && !entry.provisional && entry.document != 0) continue;
        switch (verdict(known, entry)) {
            case Verdict::same:
                if (placement.same == 0) placement.same = known.document;
                break;
            case Verdict::provisional_same:
                if (placement.provisional == 0) placement.provisional = known.document;
                break;
            case Verdict::conflict:
                placement.conflicting.push_back(known.document);
                break;
            case Verdict::new_version:
                if (!retracted) placement.older.push_back(known.document);
                break;
            default:
                if (verdict(entry, known) == Verdict::new_version && known.reference.status != kRetracted)
                    placement.superseded = true;
        }
    }
    return placement;
}

void Admission::place(EntryRow& entry, PatientRow const& patient) {
    auto const placement = judge(entry, patient.person);
    if (placement.same != 0) {
        for (auto const older : placement.older) supersede(older);
        add_holder(entry, patient, placement.same);
    } else if (placement.provisional != 0) {
        bool const shows_retraction = rooms_.documents.load(placement.provisional).status == kRetracted;
        if (shows_retraction &&
            entry.reference.status != kRetracted) {  // which never holds a current one back
            add_holder(entry, patient, placement.provisional);
            return;
        }
        put(entry, placement.provisional, true);
        retrieve(entry);
        retrieve(rooms_.entries.load(rooms_.documents.load(placement.provisional).entry));
    } else {
        make_document(entry, patient, placement);
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
    auto document = rooms_.documents.insert(entry, patient.person, now_);
    document.superseded = placement.superseded;
    document.conflict = !placement.conflicting.empty();
    rooms_.entries.assign(entry, document.sequence, false);
    for (auto const older : placement.older) supersede(older);
    for (auto const other : placement.conflicting) flag_conflict(other);
    auto const outward = rooms_.documents.publish(document, entry, patient.id, now_);
    announce(News::fresh, document, outward, {patient.sequence});
    ++documents_;
    if (document.status != kRetracted) retrieve(entry);
}

void Admission::add_holder(EntryRow& entry, PatientRow const& patient, std::int64_t document_sequence) {
    put(entry, document_sequence, false);
    rooms_.entries.seen(entry.sequence, now_);
    auto document = rooms_.documents.load(document_sequence);
    if (document.status == kRetracted && entry.reference.status != kRetracted) {
        auto const outward = rooms_.documents.publish(document, entry, patient.id, now_);
        announce(News::restored, document, outward, rooms_.entries.patients_of(document.sequence));
        retrieve(entry);
        return;
    }
    // A Subscription that could not see it under the other holders' Patients sees it now.
    announce(News::another_holder, document, rooms_.documents.current(document), {patient.sequence});
}

void Admission::supersede(std::int64_t sequence) {
    auto document = rooms_.documents.load(sequence);
    if (document.superseded || document.alias_of != 0) return;
    document.superseded = true;
    auto const shown = rooms_.entries.load(document.entry);
    auto const patient = rooms_.patients.load(shown.patient);
    if (!patient) return;
    bool const changes = document.status == "current";
    auto const outward = rooms_.documents.publish(document, shown, patient->id, now_);
    if (changes) announce(News::changed, document, outward, rooms_.entries.patients_of(sequence));
}

void Admission::flag_conflict(std::int64_t sequence) {
    auto document = rooms_.documents.load(sequence);
    if (document.conflict) return;
    document.conflict = true;
    auto const shown = rooms_.entries.load(document.entry);
    if (auto const patient = rooms_.patients.load(shown.patient))
        rooms_.documents.publish(document, shown, patient->id, now_);
}

void Admission::attach(AttachedBody const& body) {
    auto const owner = rooms_.entries.of_binary(body.binary_id);
    if (owner == 0) return;
    rooms_.entries.set_body(body.binary_id, body);
    auto const entry = rooms_.entries.load(owner);
    if (entry.provisional) {
        settle(owner);
        return;
    }
    compare_bodies(entry);
    for (auto const waiting : rooms_.entries.of_document(entry.document, true)) settle(waiting);
}

void Admission::settle(std::int64_t sequence) {
    auto entry = rooms_.entries.load(sequence);
    if (auto const patient = rooms_.patients.load(entry.patient)) place(entry, *patient);
}

void Admission::compare_bodies(EntryRow const& entry) {
    auto const person = rooms_.documents.load(entry.document).person;
    for (auto const sequence : rooms_.entries.candidates(entry, person)) {
        auto const known = rooms_.entries.load(sequence);
        if (known.document == entry.document) continue;
        auto const found = verdict(known, entry);
        if (found == Verdict::same) {
            merge(known.document, entry.document);
            return;
        }
        if (found == Verdict::new_version) {
            supersede(known.document);
        } else if (verdict(entry, known) == Verdict::new_version) {
            supersede(entry.document);
        }
    }
}

void Admission::merge(std::int64_t a, std::int64_t b) {
    auto const [kept, gone] = std::minmax(a, b);
    bool const kept_retracted = rooms_.documents.load(kept).status == kRetracted;
    if (kept_retracted != (rooms_.documents.load(gone).status == kRetracted))
        return;  // it would hide a current one
    rooms_.entries.assign_all(gone, kept);
    rooms_.documents.make_alias(gone, kept);
}

void Admission::join(std::int64_t person) {
    for (auto const sequence : rooms_.entries.of_person(person)) {
        auto const entry = rooms_.entries.load(sequence);
        for (auto const other : rooms_.entries.candidates(entry, person)) {
            auto const known = rooms_.entries.load(other);
            if (known.document == entry.document || verdict(known, entry) != Verdict::same) continue;
            merge(known.document, entry.document);
            break;
        }
    }
}

void Admission::announce(
    News news,
    DocumentRow const& document,
    fhir::DocumentReference const& outward,
    std::vector<std::int64_t> const& patients
) {
    auto const told = rooms_.interest.announce(news, document, outward, patients, now_);
    told_.insert(told.begin(), told.end());
}

void Admission::retrieve(EntryRow const& entry) {
    auto missing = Entries::missing(entry);
    std::move(missing.begin(), missing.end(), std::back_inserter(to_retrieve_));
}

}  // namespace tributary::cache
