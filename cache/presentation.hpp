#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cache/documents.hpp"
#include "cache/entries.hpp"
#include "cache/handover.hpp"
#include "cache/interest.hpp"
#include "cache/patients.hpp"

namespace tributary::cache {

struct Rooms {
    Patients& patients;
    Entries& entries;
    Documents& documents;
    Interest& interest;
    Handover& handover;
};

/// What apps see of a Document: whose metadata among its holders, with which labels, flags and links, and who is told of a change.
/// One for each unit of work. Source: document-sharing D.3; architecture 8.
class Presentation {
public:
    Presentation(Rooms rooms, Utc now) : rooms_(rooms), now_(now) {}

    /// From now on nobody is told of anything.
    void hush() { hushed_ = true; }

    /// Its first version, from its first holder.
    void fresh(std::int64_t document, EntryRow const& first);
    /// One more holder. Better metadata and stricter labels are shown, but are no news; who could not see the document before is told of it.
    void another_holder(std::int64_t document, EntryRow const& holder);
    /// A copy of it is held back: who could not see the document before is told of it.
    void held_back(std::int64_t document, EntryRow const& copy);
    /// A holder's metadata, or its place among versions, have changed. `bytes_too`: the bytes behind it may have as well.
    void changed(std::int64_t document, bool bytes_too = false);
    /// A holder is known under another Patient of its Person now: who knows the document is told of a change, who does not, of the document.
    void moved(std::int64_t document, EntryRow const& holder);
    /// What is shown may differ now, and is no news: flags, links.
    void refreshed(std::int64_t document);

    /// Which contents of a holder are of media types that the entry shown lacks: they are shown too (D.3, row 7).
    static std::vector<std::size_t> renditions(EntryRow const& holder, fhir::DocumentReference const& shown);

    /// Each Subscription once, with the first of its Events.
    std::vector<Told> take_told();

private:
    fhir::DocumentReference write(DocumentRow& document, EntryRow const& shown, Documents::Write mode);
    EntryRow best_holder(DocumentRow const& document);
    bool adds_something(
        EntryRow const& holder, EntryRow const& shown, fhir::DocumentReference const& current
    );
    static fhir::json::Value::Array labels(EntryRow const& shown, std::vector<EntryRow> const& others);
    static std::vector<Documents::Appearance::Rendition> renditions(
        EntryRow const& shown, std::vector<EntryRow> const& others
    );
    /// The uniqueIds by which others hold what was registered anew under another one (D.3, row 11): it is found by each.
    static fhir::json::Value::Array aliases(
        fhir::DocumentReference const& shown, std::vector<EntryRow> const& others
    );
    std::vector<std::string> related(EntryRow const& shown, std::int64_t person);
    void announce(
        News news,
        DocumentRow const& document,
        fhir::DocumentReference const& outward,
        std::vector<std::int64_t> const& patients
    );

    Rooms rooms_;
    Utc now_;
    bool hushed_ = false;
    std::map<std::string, Told> told_;  ///< by id
};

}  // namespace tributary::cache
