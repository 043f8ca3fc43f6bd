#pragma once
#include <set>
#include <string>
#include <vector>

#include "cache/documents.hpp"
#include "cache/entries.hpp"
#include "cache/interest.hpp"
#include "cache/patients.hpp"

namespace tributary::cache {

/// What a partner's answer means: which entry is which Document, and who is told. One for each unit of work.
/// Source: document-sharing D.3 (the verdicts), architecture 8.
class Admission {
public:
    struct Rooms {
        Patients& patients;
        Entries& entries;
        Documents& documents;
        Interest& interest;
    };
    Admission(Rooms rooms, Utc now) : rooms_(rooms), now_(now) {}

    void admit(Answer const& answer, PatientRow const& patient);
    void attach(AttachedBody const& body);
    /// Two Persons have become one: what is the same document becomes one, and nobody is told.
    void join(std::int64_t person);
    Admitted result() &&;

private:
    /// What an entry is to those already known.
    struct Placement {
        std::int64_t same = 0, provisional = 0;  ///< Documents, 0: none
        std::vector<std::int64_t> older, conflicting;
        bool superseded = false;  ///< a known one is newer
    };
    Placement judge(EntryRow const& entry, std::int64_t person);
    void refresh(EntryRow fresh, std::int64_t known);
    /// Gives an entry its place: one not stored yet (its sequence is 0), or a provisional copy.
    void place(EntryRow& entry, PatientRow const& patient);
    void put(EntryRow& entry, std::int64_t document, bool provisional);
    void make_document(EntryRow& entry, PatientRow const& patient, Placement const& placement);
    void add_holder(EntryRow& entry, PatientRow const& patient, std::int64_t document);
    void settle(std::int64_t entry);
    void supersede(std::int64_t document);
    void flag_conflict(std::int64_t document);
    void compare_bodies(EntryRow const& entry);
    void merge(std::int64_t a, std::int64_t b);
    void retrieve(EntryRow const& entry);
    /// The entry has changed: so may what apps see of its Document.
    void show(EntryRow const& entry);
    /// A holder that has not retracted it; else the same again.
    EntryRow standing_holder(EntryRow const& retracted);
    void announce(
        News news,
        DocumentRow const& document,
        fhir::DocumentReference const& outward,
        std::vector<std::int64_t> const& patients
    );

    Rooms rooms_;
    Utc now_;
    std::set<std::string> told_;
    std::vector<std::string> to_retrieve_;
    std::size_t documents_ = 0;
};

}  // namespace tributary::cache
