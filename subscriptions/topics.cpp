#include "subscriptions/topics.hpp"

#include <algorithm>
#include <array>

namespace tributary::subscriptions {

namespace {

constexpr std::array kOurFilters{
    TopicFilter{"patient", "Patient reference, identifier-less"},
    TopicFilter{"patient.identifier", "Patient identifier (token)"},
    TopicFilter{"patient.given", "Given name (string)"},
    TopicFilter{"patient.family", "Family name (string)"},
    TopicFilter{"patient.birthdate", "Birth date (date)"},
    TopicFilter{"patient.gender", "Gender (token)"},
    TopicFilter{"type", "Document type (token)"},
    TopicFilter{"category", "Document class (token)"},
    TopicFilter{"status", "Availability (token)"},
    TopicFilter{"patient.name", "Any part of a name (string)"},
    TopicFilter{"patient.address-postalcode", "Postal code (string)"},
    TopicFilter{"patient.telecom", "Telephone number or e-mail address (token)"},
    TopicFilter{"date", "When the document was made (date)"},
    TopicFilter{"identifier", "Document identifier (token)"},
};

constexpr TopicFilter kAuthorGiven{"author.given", "Given name of an author (DocumentEntry.author)"};
constexpr TopicFilter kAuthorFamily{"author.family", "Family name of an author (DocumentEntry.author)"};
constexpr TopicFilter kCategory{"category", "Class (DocumentEntry.class)"};
constexpr TopicFilter kEvent{"event", "Event (DocumentEntry.eventCodeList)"};
constexpr TopicFilter kFacility{"facility", "Kind of facility (DocumentEntry.healthcareFacilityTypeCode)"};
constexpr TopicFilter kFormat{"format", "Format (DocumentEntry.formatCode)"};
constexpr TopicFilter kSecurityLabel{"security-label", "Security label (DocumentEntry.confidentialityCode)"};
constexpr TopicFilter kSetting{"setting", "Practice setting (DocumentEntry.practiceSettingCode)"};
constexpr TopicFilter kStatus{"status", "Status (DocumentEntry.availabilityStatus)", true};
constexpr TopicFilter kType{"type", "Type (DocumentEntry.typeCode)"};

constexpr std::array kPatientDependentFilters{
    kAuthorGiven,
    kAuthorFamily,
    kCategory,
    kEvent,
    kFacility,
    kFormat,
    TopicFilter{"patient", "Patient (DocumentEntry.patientId)", true},
    TopicFilter{"patient.identifier", "Identifier of the patient (DocumentEntry.patientId)", true},
    kSecurityLabel,
    kSetting,
    kStatus,
    kType,
};
constexpr std::array kMultiPatientFilters{
    TopicFilter{"author", "Author (DocumentEntry.author)"},
    kAuthorGiven,
    kAuthorFamily,
    kCategory,
    kEvent,
    kFacility,
    kFormat,
    kSecurityLabel,
    kSetting,
    kStatus,
    kType,
};

Topic our_topic(std::string_view canonical_base) {
    Topic topic;
    topic.canonical = std::string(canonical_base) + "/SubscriptionTopic/patient-documents";
    topic.id = "patient-documents";
    topic.name = "PatientDocuments";
    topic.title = "Documents found for a patient";
    topic.date = "2026-11-21";
    topic.description =
        "A document of a matching patient has been found at a partner community and cached. Names, birth "
        "date and gender of the filters must "
        "equal those of the patient, as far as both have them: a name that only begins alike is not the same "
        "patient.";
    topic.derived_from =
        "https://profiles.ihe.net/ITI/DSUBm/SubscriptionTopic/"
        "DSUBm-SubscriptionTopic-DocumentReference-PatientDependent";
    topic.trigger_description = "A DocumentReference was added to the cache";
    topic.resource = "http://hl7.org/fhir/StructureDefinition/DocumentReference";
    topic.filters = kOurFilters;
    return topic;
}

constexpr std::string_view kIheFolder = "https://profiles.ihe.net/ITI/DSUBm/SubscriptionTopic/";

/// What tells one topic of DSUBm from another.
struct IheTopic {
    std::string_view id;     ///< the last part of both spellings of its canonical
    std::string_view alias;  ///< as the narrative of ITI-110 writes the canonical
    std::string_view title, description, trigger_description;
    bool names_patient;
    Trigger trigger;
};

constexpr std::string_view kCreated = "A DocumentReference was created";
constexpr std::string_view kMinUpdate =
    "A DocumentReference was created or deleted, or its status has changed";
constexpr std::string_view kAllEvents = "A DocumentReference was created, updated or deleted";

constexpr std::array kIheTopics{
    IheTopic{
        "DSUBm-SubscriptionTopic-DocumentReference-PatientDependent",
        "https://profiles.ihe.net/ITI/DSUBm/DSUBm-SubscriptionTopic-DocumentReference-PatientDependent",
        "New documents of a patient",
        "A document of the patient named by patient or patient.identifier was found.",
        kCreated,
        true,
        Trigger::created
    },
    IheTopic{
        "DSUBm-SubscriptionTopic-DocumentReference-MultiPatient",
        "https://profiles.ihe.net/ITI/DSUBm/DSUBm-SubscriptionTopic-DocumentReference-MultiPatient",
        "New documents of any patient",
        "A document of whatever patient was found. Nobody is asked for documents on its behalf.",
        kCreated,
        false,
        Trigger::created
    },
    IheTopic{
        "DSUBm-SubscriptionTopic-DocReference-PatientDependent-MinUpdate",
        "https://profiles.ihe.net/ITI/DSUBm/DSUBm-SubscriptionTopic-DocReference-PatientDependent-MinUpdate",
        "Documents of a patient, and what becomes of their status",
        "As DocumentReference-PatientDependent, and changes of status.",
        kMinUpdate,
        true,
        Trigger::status_changed
    },
    IheTopic{
        "DSUBm-SubscriptionTopic-DocReference-MultiPatient-MinUpdate",
        "https://profiles.ihe.net/ITI/DSUBm/DSUBm-SubscriptionTopic-DocReference-MultiPatient-MinUpdate",
        "Documents of any patient, and what becomes of their status",
        "As DocumentReference-MultiPatient, and changes of status.",
        kMinUpdate,
        false,
        Trigger::status_changed
    },
    IheTopic{
        "DSUBm-SubscriptionTopic-DocReference-PatientDependent-AllEvents",
        "https://profiles.ihe.net/ITI/DSUBm/DSUBm-SubscriptionTopic-DocReference-PatientDependent-AllEvents",
        "Documents of a patient, and all their changes",
        "As DocumentReference-PatientDependent, and every change.",
        kAllEvents,
        true,
        Trigger::changed
    },
    IheTopic{
        "DSUBm-SubscriptionTopic-DocReference-MultiPatient-AllEvents",
        "https://profiles.ihe.net/ITI/DSUBm/DSUBm-SubscriptionTopic-DocReference-MultiPatient-AllEvents",
        "Documents of any patient, and all their changes",
        "As DocumentReference-MultiPatient, and every change.",
        kAllEvents,
        false,
        Trigger::changed
    },
};

Topic ihe_topic(IheTopic const& entry) {
    Topic topic;
    topic.canonical = std::string(kIheFolder) + std::string(entry.id);
    topic.id = entry.id;
    topic.alias = entry.alias;
    topic.title = entry.title;
    topic.description = entry.description;
    topic.trigger_description = entry.trigger_description;
    topic.resource = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD.Minimal.DocumentReference";
    topic.trigger = entry.trigger;
    topic.names_patient = entry.names_patient;
    topic.ihe = true;
    if (entry.names_patient)
        topic.filters = kPatientDependentFilters;
    else
        topic.filters = kMultiPatientFilters;
    return topic;
}

}  // namespace

bool Topic::offers(std::string_view filter) const {
    return std::any_of(filters.begin(), filters.end(), [filter](TopicFilter const& one) {
        return one.name == filter;
    });
}

std::vector<Topic> topics(std::string_view canonical_base) {
    std::vector<Topic> all;
    all.reserve(1 + kIheTopics.size());
    all.push_back(our_topic(canonical_base));
    for (auto const& entry : kIheTopics) all.push_back(ihe_topic(entry));
    return all;
}

Topic const* find_topic(std::vector<Topic> const& topics, std::string_view criteria) {
    auto const bar = criteria.find('|');
    auto const canonical = criteria.substr(0, bar);
    auto const names = [&](Topic const& topic) {
        return (topic.canonical == canonical || (!topic.alias.empty() && topic.alias == canonical)) &&
               (bar == criteria.npos || topic.version == criteria.substr(bar + 1));
    };
    auto const found = std::find_if(topics.begin(), topics.end(), names);
    return found == topics.end() ? nullptr : &*found;
}

}  // namespace tributary::subscriptions
