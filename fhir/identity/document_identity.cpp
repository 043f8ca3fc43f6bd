#include "fhir/identity/document_identity.hpp"

#include <algorithm>
#include <utility>

#include "fhir/base/ascii.hpp"
#include "fhir/base/media_type.hpp"
#include "fhir/resources/identifier_key.hpp"
#include "fhir/search/date_range.hpp"

namespace tributary::fhir::identity {

namespace {

/// SHA-1 of no bytes: delayed assembly says so until the document is made.
constexpr char kEmptySha1[] = "2jmj7l5rSw0yVb/vlWAYkK/YBwk=";

bool is_unique_id(Identifier const& identifier) {
    return identifier.type.empty() ? identifier.use == "usual" : identifier.type == "uniqueId";
}
bool is_entry_uuid(Identifier const& identifier) {
    return identifier.type.empty() ? identifier.use == "official" : identifier.type == "entryUUID";
}

/// Without a system it means something at one partner only.
std::string scoped_unique_id(Known const& side) {
    auto id = unique_id(*side.document);
    return id.starts_with('|') ? side.partner + id : id;
}

bool media_types_differ(Attachment const& a, Attachment const& b) {
    auto const type_of_a = media_type(a.content_type);
    auto const type_of_b = media_type(b.content_type);
    return !type_of_a.empty() && !type_of_b.empty() && type_of_a != type_of_b;
}

/// A digest that says something: not that of no bytes, and not of size 0.
std::optional<Digest> usable_digest(Attachment const& attachment) {
    static auto const of_nothing = read_digest(kEmptySha1);
    auto digest = read_digest(attachment.hash);
    if (!digest || digest == of_nothing || attachment.size == 0) return std::nullopt;
    return digest;
}

/// Made anew at each retrieval: neither hash nor size is given.
bool assembled_on_demand(DocumentReference const& document) {
    return !document.contents.empty() && std::all_of(
                                             document.contents.begin(),
                                             document.contents.end(),
                                             [](DocumentContent const& content) {
                                                 auto const& attachment = content.attachment;
                                                 return !attachment.has_data && attachment.hash.empty() &&
                                                        !attachment.size;
                                             }
                                         );
}

// Rows 1 to 3: the same entry.

/// Equal whatever the order of members; the version, its time and, if asked, the status are left out.
bool same_metadata(json::Value const& a, json::Value const& b) {
    auto const* members_of_a = a.get<json::Value::Object>();
    auto const* members_of_b = b.get<json::Value::Object>();
    if (members_of_a == nullptr || members_of_b == nullptr) {
        auto const& items_of_a = a.items();
        auto const& items_of_b = b.items();
        if (!a.is_array() || !b.is_array()) return a == b;
        return std::equal(
            items_of_a.begin(), items_of_a.end(), items_of_b.begin(), items_of_b.end(), same_metadata
        );
    }
    if (members_of_a->size() != members_of_b->size()) return false;
    return std::all_of(members_of_a->begin(), members_of_a->end(), [&](json::Value::Member const& member) {
        auto const* other = b.find(member.first);
        return other != nullptr && same_metadata(member.second, *other);
    });
}

json::Value without_version(json::Value resource) {
    if (auto* meta = resource.find("meta")) {
        meta->erase("versionId");
        meta->erase("lastUpdated");
        if (auto const* left = meta->get<json::Value::Object>(); left != nullptr && left->empty())
            resource.erase("meta");
    }
    return resource;
}

Verdict compare_versions(DocumentReference const& a, DocumentReference const& b) {
    auto before = without_version(a.resource);
    auto after = without_version(b.resource);
    if (same_metadata(before, after)) return Verdict::unchanged;
    before.erase("status");
    after.erase("status");
    return same_metadata(before, after) ? Verdict::status_change : Verdict::metadata_update;
}

bool is_same_entry(Known const& a, Known const& b) {
    return a.partner == b.partner && !a.document->id.empty() && a.document->id == b.document->id;
}

/// One registry entry that two partners pass on: K2 by community.
bool is_same_entry_by_another_way(Known const& a, Known const& b) {
    auto const uuid = entry_uuid(*a.document);
    return !a.home_community_id.empty() &&
           ascii::equal_without_case(a.home_community_id, b.home_community_id) && !uuid.empty() &&
           uuid == entry_uuid(*b.document);
}

// Rows 4 to 8: the same uniqueId.

enum class Hashes { equal, other_type, open };

/// How the contents of the same media type compare. Open: bytes have to decide, because a hash is missing or they differ.
Hashes compare_hashes(DocumentReference const& a, DocumentReference const& b) {
    bool comparable = a.contents.empty() || b.contents.empty();
    for (auto const& content_of_a : a.contents) {
        for (auto const& content_of_b : b.contents) {
            if (media_types_differ(content_of_a.attachment, content_of_b.attachment)) continue;
            comparable = true;
            auto const digest = usable_digest(content_of_a.attachment);
            if (digest && digest == usable_digest(content_of_b.attachment)) return Hashes::equal;
        }
    }
    return comparable ? Hashes::open : Hashes::other_type;
}

bool same_identity_inside(BodyIdentity const& a, BodyIdentity const& b) {
    return !a.document_id.empty() && a.document_id == b.document_id && a.set_id == b.set_id &&
           a.version_number == b.version_number;
}

bool of_one_community(Known const& a, Known const& b) {
    if (a.home_community_id.empty() || b.home_community_id.empty()) return a.partner == b.partner;
    return ascii::equal_without_case(a.home_community_id, b.home_community_id);
}

Verdict compare_with_one_unique_id(Known const& a, Known const& b) {
    bool const bodies = a.body && b.body;
    if (bodies && (a.body->sha256 == b.body->sha256 || same_identity_inside(*a.body, *b.body)))
        return Verdict::same;
    if (assembled_on_demand(*a.document) && assembled_on_demand(*b.document)) {
        return of_one_community(a, b) ? Verdict::same : Verdict::distinct;
    }
    if (bodies) return Verdict::conflict;  // bytes are stronger than what is said about them
    return compare_hashes(*a.document, *b.document) == Hashes::open ? Verdict::provisional_same
                                                                    : Verdict::same;
}

// Rows 9 and 10: relations.

bool points_at(Reference const& target, Known const& from, Known const& to) {
    if (target.identifier) {
        auto const key = identifier_key(*target.identifier);
        auto const& identifiers = to.document->identifiers;
        if (!key.empty() && key == unique_id(*to.document)) return true;
        if (std::any_of(identifiers.begin(), identifiers.end(), [&](auto const& one) {
                return identifier_key(one) == key;
            })) {
            return true;
        }
    }
    return from.partner == to.partner && !to.document->id.empty() && own_target(target) == to.document->id;
}

bool relates(Known const& from, Known const& to, bool replacing) {
    auto const& relations = from.document->relates_to;
    return std::any_of(relations.begin(), relations.end(), [&](RelatesTo const& relation) {
        return (relation.code == "replaces") == replacing && points_at(relation.target, from, to);
    });
}

// Rows 11 to 14.

/// At the coarser of two precisions; what cannot be read counts as absent.
bool times_compatible(std::string_view a, std::string_view b) {
    auto const range_of_a = search::read_date(a);
    auto const range_of_b = search::read_date(b);
    if (!range_of_a || !range_of_b) return true;
    auto const within = [](search::DateRange const& inner, search::DateRange const& outer) {
        return outer.from <= inner.from && inner.to <= outer.to;
    };
    if (within(*range_of_a, *range_of_b) || within(*range_of_b, *range_of_a)) return true;
    // A day without zone is the day that its clock showed.
    constexpr std::size_t kDay = 10;
    auto const shorter = std::min(a.size(), b.size());
    return shorter <= kDay && a.substr(0, shorter) == b.substr(0, shorter);
}

std::string_view creation_of(DocumentReference const& document) {
    for (auto const& content : document.contents) {
        if (!content.attachment.creation.empty()) return content.attachment.creation;
    }
    return {};
}

/// attachment.creation, else context.period, else date: the first that both sides have.
bool times_compatible(DocumentReference const& a, DocumentReference const& b) {
    if (!creation_of(a).empty() && !creation_of(b).empty())
        return times_compatible(creation_of(a), creation_of(b));
    auto const has_period = [](Period const& period) { return !period.start.empty() || !period.end.empty(); };
    if (has_period(a.period) && has_period(b.period)) {
        return times_compatible(a.period.start, b.period.start) &&
               times_compatible(a.period.end, b.period.end);
    }
    return times_compatible(a.date, b.date);
}

bool types_compatible(DocumentReference const& a, DocumentReference const& b) {
    if (a.type.empty() || b.type.empty()) return true;
    return std::any_of(a.type.begin(), a.type.end(), [&](Coding const& one) {
        return std::any_of(b.type.begin(), b.type.end(), [&](Coding const& other) {
            return one.code == other.code &&
                   normalised_code_system(one.system) == normalised_code_system(other.system);
        });
    });
}

/// K3: digest, size and media type of some content.
bool same_content_key(DocumentReference const& a, DocumentReference const& b) {
    for (auto const& content_of_a : a.contents) {
        auto const& one = content_of_a.attachment;
        auto const digest = usable_digest(one);
        if (!digest) continue;
        for (auto const& content_of_b : b.contents) {
            auto const& other = content_of_b.attachment;
            bool const sizes_differ = one.size && other.size && *one.size != *other.size;
            if (digest == usable_digest(other) && !sizes_differ && !media_types_differ(one, other))
                return true;
        }
    }
    return false;
}

Verdict compare_by_content(Known const& a, Known const& b, bool both_have_unique_ids) {
    bool const bodies = a.body && b.body;
    bool const same_bytes =
        bodies ? a.body->sha256 == b.body->sha256 : same_content_key(*a.document, *b.document);
    if (same_bytes) {
        bool const compatible =
            types_compatible(*a.document, *b.document) && times_compatible(*a.document, *b.document);
        return compatible ? Verdict::same : Verdict::distinct;
    }
    bool const one_set = bodies && !a.body->set_id.empty() && a.body->set_id == b.body->set_id;
    if (!both_have_unique_ids || !one_set || !a.body->version_number || !b.body->version_number)
        return Verdict::distinct;
    if (*b.body->version_number > *a.body->version_number) return Verdict::implicit_new_version;
    return *b.body->version_number < *a.body->version_number ? Verdict::implicit_older_version
                                                             : Verdict::distinct;
}

}  // namespace

std::string_view own_target(Reference const& target) {
    if (is_absolute(target.reference)) return {};
    auto const type = reference_type(target.reference);
    return type.empty() || type == "DocumentReference" ? reference_id(target.reference) : std::string_view();
}

std::string normalised(Identifier const& identifier) { return identifier_key(identifier); }

std::string unique_id(DocumentReference const& document) {
    auto master = document.master_identifier ? identifier_key(*document.master_identifier) : std::string();
    if (!master.empty()) return master;
    auto const& all = document.identifiers;
    auto const found = std::find_if(all.begin(), all.end(), is_unique_id);
    return found == all.end() ? std::string() : identifier_key(*found);
}

std::string entry_uuid(DocumentReference const& document) {
    auto const& all = document.identifiers;
    auto const found = std::find_if(all.begin(), all.end(), is_entry_uuid);
    return found == all.end() ? std::string() : identifier_key(*found);
}

Verdict compare(Known const& a, Known const& b) {
    if (is_same_entry(a, b)) return compare_versions(*a.document, *b.document);
    if (is_same_entry_by_another_way(a, b)) return Verdict::same;
    auto const id_of_a = scoped_unique_id(a);
    auto const id_of_b = scoped_unique_id(b);
    if (!id_of_a.empty() && id_of_a == id_of_b) return compare_with_one_unique_id(a, b);
    bool const forward = relates(b, a, true);
    bool const backward = relates(a, b, true);
    if (forward != backward)
        return forward ? Verdict::new_version : Verdict::older_version;  // both: a cycle, ignored
    if (relates(b, a, false) || relates(a, b, false)) return Verdict::related;
    return compare_by_content(a, b, !id_of_a.empty() && !id_of_b.empty());
}

}  // namespace tributary::fhir::identity
