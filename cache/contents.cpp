#include "cache/contents.hpp"

#include <algorithm>

#include "cache/entry_row.hpp"
#include "cache/statements.hpp"
#include "fhir/base/media_type.hpp"
#include "fhir/identity/body_header.hpp"

namespace tributary::cache {

namespace {

// Both begin with the columns of a Holder, of its gone mark and of its Body: see holder_at().
constexpr char kFind[] =
    "SELECT c.binary_id, e.partner, c.url, c.content_type, c.hash, c.size, e.remote_id, p.id, e.k1, c.gone, "
    "c.sha256, e.document, e.provisional, d.id, d.status "
    "FROM content c JOIN entry e ON e.sequence = c.entry JOIN document d ON d.sequence = e.document "
    "JOIN patient p ON p.sequence = e.patient WHERE c.binary_id = ? AND c.scope = ?";
constexpr char kHolders[] =
    "SELECT c.binary_id, e.partner, c.url, c.content_type, c.hash, c.size, e.remote_id, p.id, e.k1, c.gone, "
    "c.sha256, c.digest, e.sequence "
    "FROM entry e JOIN content c ON c.entry = e.sequence JOIN patient p ON p.sequence = e.patient "
    "WHERE e.document = ? AND e.provisional = 0 ORDER BY e.sequence, c.ordinal";
constexpr int kGone = 9, kSha256 = 10;
constexpr char kBody[] = "SELECT size, media_type FROM body WHERE sha256 = ?";
// Of what is shown of a Document `d`, and of its provisional copies.
#define TRIBUTARY_LACKS                                                                        \
    "c.sha256 = '' AND c.released = 0 AND c.url <> '' AND d.status <> 'entered-in-error' AND " \
    "(e.provisional = 1 OR d.entry = e.sequence OR NOT EXISTS "                                \
    "(SELECT 1 FROM content o WHERE o.entry = d.entry AND "                                    \
    "lower(trim(substr(o.content_type, 1, instr(o.content_type || ';', ';') - 1))) = "         \
    "lower(trim(substr(c.content_type, 1, instr(c.content_type || ';', ';') - 1)))))"
constexpr char kLacking[] =
    "SELECT c.binary_id FROM content c JOIN entry e ON e.sequence = c.entry JOIN document d ON d.sequence = "
    "e.document WHERE c.entry > 0 AND " TRIBUTARY_LACKS
    " AND EXISTS (SELECT 1 FROM event v CROSS JOIN subscription s ON s.sequence = v.subscription "
    "WHERE v.focus_id IN (SELECT d.id UNION ALL SELECT k.id FROM document k WHERE k.alias_of = d.sequence) "
    "AND s.status <> 'off' AND s.deleted = 0) ORDER BY c.entry LIMIT ?";
constexpr char kLackingOf[] =
    "SELECT DISTINCT c.binary_id FROM subscription s JOIN event v ON v.subscription = s.sequence "
    "JOIN document k ON k.id = v.focus_id JOIN document d ON d.sequence = coalesce(k.alias_of, k.sequence) "
    "JOIN entry e ON e.document = d.sequence JOIN content c ON c.entry = e.sequence "
    "WHERE s.id = ? AND s.status <> 'off' AND s.deleted = 0 AND " TRIBUTARY_LACKS " LIMIT ?";
#undef TRIBUTARY_LACKS
constexpr char kTotal[] = "SELECT sum(size) FROM body WHERE used_at >= 0";
constexpr char kUnused[] = "SELECT sha256, size FROM body WHERE used_at = 0 LIMIT ?";
constexpr char kOldest[] = "SELECT sha256, size FROM body WHERE used_at > 0 ORDER BY used_at LIMIT ?";
constexpr char kForgetContents[] =
    "UPDATE content SET sha256 = '', released = 1 WHERE sha256 = ? AND sha256 <> ''";
constexpr char kForgetBody[] = "DELETE FROM body WHERE sha256 = ?";

constexpr char kKnown[] =
    "SELECT 1 FROM body WHERE sha256 = ? UNION ALL SELECT 1 FROM content WHERE sha256 = ? AND sha256 <> '' "
    "LIMIT 1";

constexpr char const* kStatements[] = {
    kFind,
    kHolders,
    kBody,
    kLacking,
    kLackingOf,
    kTotal,
    kUnused,
    kOldest,
    kForgetContents,
    kForgetBody,
    kKnown
};

constexpr std::size_t kSlice = 500;

std::optional<std::uint64_t> size_at(Statement const& row, int column) {
    return row.is_null(column) ? std::nullopt
                               : std::optional(static_cast<std::uint64_t>(row.integer(column)));
}

Holder holder_at(Statement const& row) {
    return {
        row.text(0),
        row.text(1),
        row.text(2),
        row.text(3),
        row.text(4),
        size_at(row, 5),
        row.text(6),
        row.text(7),
        row.text(8)
    };
}

/// One content of one holder: which of the contents of its media type it is there.
struct Part {
    std::int64_t entry = 0;
    std::string type, digest, sha256;
    std::size_t rank = 0;
    bool gone = false;
    Holder holder;
};

std::vector<Part> parts_of(Statement row) {
    std::vector<Part> parts;
    while (row.next()) {
        Part part;
        part.holder = holder_at(row);
        part.type = fhir::media_type(part.holder.content_type);
        part.gone = row.integer(kGone) != 0;
        part.sha256 = row.text(kSha256);
        part.digest = row.text(11);
        part.entry = row.integer(12);
        part.rank = static_cast<std::size_t>(std::count_if(parts.begin(), parts.end(), [&](Part const& other) {
            return other.entry == part.entry && other.type == part.type;
        }));
        parts.push_back(std::move(part));
    }
    return parts;
}

/// Does an entry have a content of that type with those bytes?
bool has_bytes(std::vector<Part> const& parts, std::int64_t entry, Part const& wanted) {
    return !wanted.digest.empty() && std::any_of(parts.begin(), parts.end(), [&](Part const& part) {
        return part.entry == entry && part.type == wanted.type && part.digest == wanted.digest;
    });
}

/// Of several contents of one type, the one with equal bytes; where no digest tells, the one in the same place.
bool is_same_part(std::vector<Part> const& parts, Part const& a, Part const& b) {
    if (has_bytes(parts, b.entry, a) || has_bytes(parts, a.entry, b)) return a.digest == b.digest;
    // Other bytes may be the same document inside: that was found by comparing both.
    bool const others = !a.digest.empty() && a.digest.size() == b.digest.size();
    bool const compared = !a.sha256.empty() && !b.sha256.empty();
    return a.rank == b.rank && (!others || compared);
}

}  // namespace

std::span<char const* const> content_statements() { return kStatements; }

ContentRecord Contents::find(std::string_view scope, std::string_view binary_id) {
    ContentRecord record;
    std::int64_t document = 0;
    bool provisional = false, withdrawn = false;
    {
        auto row = database_.query(kFind, binary_id, scope);
        if (!row.next()) return record;
        record.presence = Presence::found;
        auto own = holder_at(row);
        record.binary_id = own.binary_id;
        record.content_type = own.content_type;
        record.url = own.url;
        record.hash = own.hash;
        record.sha256 = row.text(kSha256);
        if (row.integer(kGone) == 0) record.holders.push_back(std::move(own));
        document = row.integer(11);
        provisional = row.integer(12) != 0;
        record.document_id = row.text(13);
        withdrawn = !provisional && row.text(14) == kRetracted;
    }
    if (!provisional) add_holders(document, record);
    bool const nowhere = record.sha256.empty() && record.holders.empty();
    if (withdrawn || nowhere)
        record.presence = !withdrawn && record.otherwise ? Presence::unknown : Presence::deleted;
    auto row = database_.query(kBody, record.sha256);
    if (!row.next()) return record;
    record.size = static_cast<std::uint64_t>(row.integer(0));
    if (auto const told = row.text(1); fhir::identity::contradicts(told, record.content_type))
        record.content_type = told;
    return record;
}

void Contents::add_holders(std::int64_t document, ContentRecord& record) {
    auto parts = parts_of(database_.query(kHolders, document));
    auto const own = std::find_if(parts.begin(), parts.end(), [&](Part const& part) {
        return part.holder.binary_id == record.binary_id;
    });
    if (own == parts.end()) return;
    for (auto const& part : parts) {
        if (part.entry == own->entry) continue;
        if (part.type != own->type) {
            record.otherwise |= !part.gone || !part.sha256.empty();
        } else if (is_same_part(parts, *own, part)) {
            if (record.sha256.empty()) record.sha256 = part.sha256;
            if (!part.gone) record.holders.push_back(part.holder);
        }
    }
}

std::vector<std::string> Contents::to_retrieve(std::string_view subscription, std::size_t limit) {
    return subscription.empty() ? database_.query(kLacking, limit).texts()
                                : database_.query(kLackingOf, subscription, limit).texts();
}

std::vector<std::string> Contents::release(std::uint64_t bytes) {
    std::uint64_t total = 0;
    if (auto row = database_.query(kTotal); row.next()) total = static_cast<std::uint64_t>(row.integer(0));
    std::vector<std::string> released;
    auto const take = [&](Statement row, auto wanted) {
        while (wanted() && row.next()) {
            released.push_back(row.text(0));
            total -= std::min(total, static_cast<std::uint64_t>(row.integer(1)));
        }
    };
    take(database_.query(kUnused, kSlice), [] { return true; });
    take(database_.query(kOldest, kSlice), [&] { return total > bytes; });
    for (auto const& sha256 : released) forget(sha256);
    return released;
}

std::vector<std::string> Contents::unknown(std::vector<std::string> const& sha256) {
    auto unknown = sha256;
    std::erase_if(unknown, [&](std::string const& digest) {
        return database_.query(kKnown, digest, digest).next() || database_.failed();
    });
    return unknown;
}

void Contents::forget(std::string const& sha256) {
    database_.run(kForgetContents, sha256);
    database_.run(kForgetBody, sha256);
}

}  // namespace tributary::cache
