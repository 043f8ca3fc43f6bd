#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cache/presentation.hpp"

namespace tributary::cache {

/// What a partner's answer means: which entry is which Document, and which of them supersedes which. One for each unit of work.
/// Source: document-sharing D.3 (the verdicts), architecture 8.
class Admission {
public:
    Admission(Rooms rooms, Utc now) : rooms_(rooms), presentation_(rooms, now), now_(now) {}

    void admit(Answer const& answer, PatientRow const& patient);
    void note_absence(AbsentEntry const& absent);
    void attach(AttachedBody const& body);
    /// Two Persons have become one: what is the same document becomes one, and nobody is told.
    void join(std::int64_t person);
    Admitted result() &&;

private:
    /// What an entry is to those already known.
    struct Placement {
        std::int64_t same = 0, provisional = 0;  ///< Documents, 0: none
        std::vector<std::int64_t> conflicting;
        struct Older {
            std::int64_t document;
            Superseded how;
        };
        std::vector<Older> older;
        Superseded superseded = Superseded::no;  ///< by a known one
    };
    /// What one entry is to others by relations, at any remove; each looked for once, when it is needed.
    struct Walks {
        std::optional<std::set<std::int64_t>> replacing, replaced;  ///< Documents
    };
    Placement judge(EntryRow const& entry, std::int64_t person);
    /// Where an entry stands among versions: `known` is older, or newer.
    void judge_versions(
        fhir::identity::Verdict verdict,
        EntryRow const& known,
        EntryRow const& entry,
        std::int64_t person,
        Placement& placement,
        Walks& walks
    );
    bool leads_back(
        EntryRow const& known, EntryRow const& entry, bool newer, std::int64_t person, Walks& walks
    );
    std::set<std::int64_t> replacing(EntryRow const& entry, std::int64_t person);
    std::set<std::int64_t> replaced(EntryRow const& entry, std::int64_t person);

    EntryRow make_entry(Answer const& answer, NewEntry const& fresh, PatientRow const& patient);
    void keep_again(EntryRow const& known, EntryRow const& fresh);
    /// `fresh.patient`: whose documents were asked for.
    void refresh(EntryRow fresh, std::int64_t known);
    /// Its partner does not serve it any more.
    void withdraw(std::int64_t known);
    /// One that is not known under its partner's id. Where it was once, before it was another Person's, it comes back.
    void add(EntryRow entry, PatientRow const& patient);
    /// Whose is a known entry that is listed for this Patient? True: another Person's, and there is nothing more to do: where its subject is
    /// another one now, too, the first Person has lost it, and it is a document of its own under other ids. Else takes on the ids it is known by.
    bool move(EntryRow& fresh, EntryRow const& known);
    /// Its partner has put another document in its place: it contradicts all who hold what it was.
    bool has_parted(EntryRow const& fresh, EntryRow const& known);
    /// The known entry has gone; `fresh` is what its partner lists in its place.
    void replace_apart(EntryRow fresh, EntryRow const& known, PatientRow const& patient);
    /// Gives an entry its place: one not stored yet (its sequence is 0), or a provisional copy.
    void place(EntryRow& entry, PatientRow const& patient);
    void put(EntryRow& entry, std::int64_t document, bool provisional);
    void make_document(EntryRow& entry, PatientRow const& patient, Placement const& placement);
    void add_holder(EntryRow& entry, std::int64_t document);
    /// More is known of a settled entry than when it was placed: Documents may prove the same, or versions.
    void reconsider(EntryRow& entry, std::int64_t person);
    void follow(Placement const& placement, std::int64_t document);
    void supersede(std::int64_t document, Superseded how);
    /// One that a retracted or changed entry replaced may be current again.
    void restore(std::int64_t document);
    void settle(std::int64_t entry);
    void settle_copies(std::int64_t document);
    void flag_carried(EntryRow const& entry);
    void flag_mismatch(EntryRow const& entry, bool mismatch);
    void flag_conflict(std::int64_t document);
    std::int64_t merge(std::int64_t a, std::int64_t b);
    void retrieve(EntryRow const& entry);
    void retrieve_rendition(EntryRow const& entry);
    std::vector<std::int64_t> replaced_by(EntryRow const& entry, std::int64_t person);

    Rooms rooms_;
    Presentation presentation_;
    Utc now_;
    bool retrieve_missing_ = false;
    std::set<std::int64_t> relinked_;  ///< Documents whose links lead elsewhere now: shown so once, at the end
    Admitted admitted_;
};

}  // namespace tributary::cache
