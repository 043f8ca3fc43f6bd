#include "orchestrator/storage/storage.hpp"

#include "orchestrator/storage/storage_impl.hpp"

namespace tributary::storage {

namespace {

/// What an answer of a partner costs the queue beyond its page.
std::size_t size_of(cache::Answer const& answer) {
    constexpr std::size_t kEntryOverhead = 512;
    return answer.size + answer.entries.size() * kEntryOverhead;
}

}  // namespace

Result<std::unique_ptr<Storage>> Storage::open(
    boost::asio::any_io_executor loop, Settings settings, Metrics& metrics
) {
    auto writer = cache::Store::open(settings.store, cache::Access::writer);
    if (!writer) return writer.error();
    auto secrets = HeaderSecrets::unlock(**writer, settings.secrets);
    if (!secrets) return secrets.error();
    auto reader = cache::Store::open(settings.store, cache::Access::reader);
    if (!reader) return reader.error();
    auto searches = cache::Store::open(settings.store, cache::Access::reader);
    if (!searches) return searches.error();
    auto bodies = cache::BodyStore::open(settings.bodies_path, settings.store.full_synchronous);
    if (!bodies) return bodies.error();
    auto impl = std::make_unique<Impl>(
        loop,
        std::move(*secrets),
        std::move(*writer),
        std::move(*reader),
        std::move(*searches),
        std::move(*bodies),
        settings.queue_bytes,
        metrics,
        settings.logger
    );
    return std::unique_ptr<Storage>(new Storage(std::move(impl)));
}

Storage::Storage(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Storage::~Storage() = default;

void Storage::stop() {
    impl_->writer.work.stop();
    impl_->reader.work.stop();
    impl_->searches.work.stop();
    impl_->bodies.work.stop();
}

std::size_t Storage::in_flight() const { return impl_->in_flight; }

// Each unit of work: the values travel in the lambda, which may run twice.

awaitable<Result<cache::SubscriptionRecord>> Storage::create_subscription(cache::NewSubscription subscription
) {
    subscription.resource = impl_->secrets.seal(subscription.id, std::move(subscription.resource));
    auto const bytes = subscription.resource.size();
    return impl_->run_refusable(
        [subscription = std::move(subscription), &secrets = impl_->secrets](cache::Store& store) {
            return secrets.opened(store.create_subscription(subscription));
        },
        bytes
    );
}
awaitable<Result<cache::ConditionalCreate>> Storage::create_subscription_unless(
    cache::NewSubscription subscription, std::vector<subscriptions::SearchClause> clauses
) {
    subscription.resource = impl_->secrets.seal(subscription.id, std::move(subscription.resource));
    auto const bytes = subscription.resource.size();
    auto work = [subscription = std::move(subscription),
                 clauses = std::move(clauses),
                 &secrets = impl_->secrets](cache::Store& store) {
        auto outcome = store.create_subscription_unless(subscription, clauses);
        if (outcome) secrets.open(outcome->record);
        return outcome;
    };
    return impl_->run_refusable(std::move(work), bytes);
}
awaitable<Result<cache::FoundSubscription>> Storage::read_subscription(std::string scope, std::string id) {
    return impl_->run(
        impl_->reader,
        [scope = std::move(scope), id = std::move(id), &secrets = impl_->secrets](cache::Store& store) {
            return secrets.opened(store.read_subscription(scope, id));
        }
    );
}
awaitable<Result<cache::SubscriptionVersions>> Storage::subscription_history(
    cache::SubscriptionHistoryRequest request
) {
    return impl_->run(impl_->reader, [request = std::move(request)](cache::Store& store) {
        return store.subscription_history(request);
    });
}
awaitable<Result<cache::FoundVersion>> Storage::subscription_version(
    std::string scope, std::string id, std::uint64_t version
) {
    return impl_->run(
        impl_->reader,
        [scope = std::move(scope), id = std::move(id), version](cache::Store& store) {
            return store.subscription_version(scope, id, version);
        }
    );
}
awaitable<Result<cache::FoundSubscription>> Storage::change_status(cache::StatusChange change) {
    return impl_->run_refusable([change = std::move(change), &secrets = impl_->secrets](cache::Store& store) {
        return secrets.opened(store.change_status(change));
    });
}
awaitable<Result<cache::FoundSubscription>> Storage::replace_subscription(cache::ReplaceSubscription change) {
    change.resource = impl_->secrets.seal(change.id, std::move(change.resource));
    auto const bytes = change.resource.size();
    auto work = [change = std::move(change), &secrets = impl_->secrets](cache::Store& store) {
        return secrets.opened(store.replace_subscription(change));
    };
    return impl_->run_refusable(std::move(work), bytes);
}
awaitable<Result<cache::FoundSubscription>> Storage::delete_subscription(
    std::string scope, std::string id, std::optional<std::uint64_t> version, cache::Utc now
) {
    return impl_->run(
        impl_->writer,
        [scope = std::move(scope), id = std::move(id), version, now](cache::Store& store) {
            return store.delete_subscription(scope, id, version, now);
        }
    );
}
awaitable<Result<cache::SubscriptionPage>> Storage::search_subscriptions(cache::SubscriptionSearch search) {
    return impl_->run(
        impl_->searches,
        [search = std::move(search), &secrets = impl_->secrets](cache::Store& store) {
            return secrets.opened(store.search_subscriptions(search));
        }
    );
}
awaitable<Result<cache::Store::LiveSubscriptions>> Storage::live_subscriptions(
    std::int64_t after, std::size_t limit
) {
    return impl_->run(impl_->reader, [after, limit, &secrets = impl_->secrets](cache::Store& store) {
        return secrets.opened(store.live_subscriptions(after, limit));
    });
}
awaitable<Result<std::vector<std::string>>> Storage::expire_subscriptions(
    cache::Utc now, cache::Utc error_before
) {
    return impl_->run(impl_->writer, [now, error_before](cache::Store& store) {
        return store.expire_subscriptions(now, error_before);
    });
}

awaitable<Result<void>> Storage::mark_bound(std::string subscription, cache::BoundBy how) {
    return impl_->run(impl_->writer, [subscription = std::move(subscription), how](cache::Store& store) {
        return store.mark_bound(subscription, how);
    });
}

awaitable<Result<std::vector<cache::EventRecord>>> Storage::events(
    std::string subscription, std::int64_t after, std::int64_t until, std::size_t limit
) {
    return impl_->run(
        impl_->reader,
        [subscription = std::move(subscription), after, until, limit](cache::Store& store) {
            return store.events(subscription, after, until, limit);
        }
    );
}
awaitable<Result<std::vector<std::string>>> Storage::owed_notices() {
    return impl_->run(impl_->reader, [](cache::Store& store) { return store.owed_notices(); });
}
awaitable<Result<void>> Storage::settle_notice(std::string id) {
    return impl_->run(impl_->writer, [id = std::move(id)](cache::Store& store) {
        return store.settle_notice(id);
    });
}

awaitable<Result<void>> Storage::record_delivery(
    std::string subscription, std::int64_t number, cache::Utc now
) {
    return impl_->run(
        impl_->writer,
        [subscription = std::move(subscription), number, now](cache::Store& store) {
            return store.record_delivery(subscription, number, now);
        }
    );
}
awaitable<Result<void>> Storage::record_failure(std::string subscription, std::int64_t number) {
    return impl_->run(impl_->writer, [subscription = std::move(subscription), number](cache::Store& store) {
        return store.record_failure(subscription, number);
    });
}
awaitable<Result<cache::Explanation>> Storage::explain(
    std::string scope, std::string subscription, std::string document
) {
    return impl_->run(
        impl_->reader,
        [scope = std::move(scope), subscription = std::move(subscription), document = std::move(document)](
            cache::Store& store
        ) { return store.explain(scope, subscription, document); }
    );
}

awaitable<Result<std::optional<fhir::search::PatientQuery>>> Storage::discovery_query(
    std::string scope, fhir::search::PatientQuery query
) {
    return impl_->run(
        impl_->reader,
        [scope = std::move(scope), query = std::move(query)](cache::Store& store) {
            return store.discovery_query(scope, query);
        }
    );
}
awaitable<Result<cache::OpenedDiscovery>> Storage::open_discovery(cache::OpenDiscovery discovery) {
    return impl_->run(impl_->writer, [discovery = std::move(discovery)](cache::Store& store) {
        return store.open_discovery(discovery);
    });
}
awaitable<Result<void>> Storage::finish_exchange(cache::ExchangeOutcome outcome) {
    return impl_->run(impl_->writer, [outcome = std::move(outcome)](cache::Store& store) {
        return store.finish_exchange(outcome);
    });
}
awaitable<Result<void>> Storage::mark_late(std::string discovery) {
    return impl_->run(impl_->writer, [discovery = std::move(discovery)](cache::Store& store) {
        return store.mark_late(discovery);
    });
}
awaitable<Result<void>> Storage::abandon_discovery(std::string discovery, cache::Utc now) {
    return impl_->run(impl_->writer, [discovery = std::move(discovery), now](cache::Store& store) {
        return store.abandon_discovery(discovery, now);
    });
}
awaitable<Result<void>> Storage::abandon_other_discoveries(
    std::vector<cache::DiscoveryKey> wanted, cache::Utc now
) {
    return impl_->run(impl_->writer, [wanted = std::move(wanted), now](cache::Store& store) {
        return store.abandon_other_discoveries(wanted, now);
    });
}
awaitable<Result<cache::Progress>> Storage::progress(std::string scope, std::string key) {
    return impl_->run(impl_->reader, [scope = std::move(scope), key = std::move(key)](cache::Store& store) {
        return store.progress(scope, key);
    });
}
awaitable<Result<cache::Progress>> Storage::progress_of_patient(std::string scope, std::string patient_id) {
    return impl_->run(
        impl_->reader,
        [scope = std::move(scope), patient_id = std::move(patient_id)](cache::Store& store) {
            return store.progress_of_patient(scope, patient_id);
        }
    );
}
awaitable<Result<std::vector<cache::Progress>>> Storage::recent_discoveries(std::size_t limit) {
    return impl_->run(impl_->reader, [limit](cache::Store& store) {
        return store.recent_discoveries(limit);
    });
}
awaitable<Result<std::vector<std::string>>> Storage::tell_progress(cache::ProgressNews news) {
    return impl_->run(impl_->writer, [news = std::move(news)](cache::Store& store) {
        return store.tell_progress(news);
    });
}
awaitable<Result<cache::FoundResource>> Storage::read_progress(std::string scope, std::string id) {
    return impl_->run(impl_->reader, [scope = std::move(scope), id = std::move(id)](cache::Store& store) {
        return store.read_progress(scope, id);
    });
}

awaitable<Result<std::vector<std::string>>> Storage::admit_patients(cache::PatientsAnswer answer) {
    return impl_->run(impl_->writer, [answer = std::move(answer)](cache::Store& store) {
        return store.admit_patients(answer);
    });
}
awaitable<Result<cache::Admitted>> Storage::admit(std::shared_ptr<cache::Answer const> answer) {
    auto const bytes = size_of(*answer);
    return impl_->run(
        impl_->writer,
        [answer = std::move(answer), &secrets = impl_->secrets](cache::Store& store) {
            return secrets.opened(store.admit(*answer));
        },
        bytes
    );
}
awaitable<Result<cache::Admitted>> Storage::note_absence(cache::AbsentEntry absent) {
    return impl_->run(
        impl_->writer,
        [absent = std::move(absent), &secrets = impl_->secrets](cache::Store& store) {
            return secrets.opened(store.note_absence(absent));
        }
    );
}
awaitable<Result<std::vector<std::string>>> Storage::unseen_entries(
    std::string scope, std::string patient, cache::Utc since, std::size_t limit
) {
    return impl_->run(
        impl_->reader,
        [scope = std::move(scope), patient = std::move(patient), since, limit](cache::Store& store) {
            return store.unseen_entries(scope, patient, since, limit);
        }
    );
}
awaitable<Result<cache::Admitted>> Storage::attach_body(cache::AttachedBody body) {
    return impl_->run(
        impl_->writer,
        [body = std::move(body), &secrets = impl_->secrets](cache::Store& store) {
            return secrets.opened(store.attach_body(body));
        }
    );
}
awaitable<Result<void>> Storage::record_calls(std::vector<cache::CallRow> rows) {
    return impl_->run(impl_->writer, [rows = std::move(rows)](cache::Store& store) {
        return store.record_calls(rows);
    });
}

awaitable<Result<cache::ContentRecord>> Storage::content(std::string scope, std::string binary_id) {
    return impl_->run(
        impl_->reader,
        [scope = std::move(scope), binary_id = std::move(binary_id)](cache::Store& store) {
            return store.content(scope, binary_id);
        }
    );
}
awaitable<Result<void>> Storage::mark_gone(std::string scope, std::string binary_id, std::string url) {
    return impl_->run(
        impl_->writer,
        [scope = std::move(scope), binary_id = std::move(binary_id), url = std::move(url)](cache::Store& store
        ) { return store.mark_gone(scope, binary_id, url); }
    );
}
awaitable<Result<cache::KnownPatient>> Storage::known_patient(std::string scope, std::string id) {
    return impl_->run(impl_->reader, [scope = std::move(scope), id = std::move(id)](cache::Store& store) {
        return store.known_patient(scope, id);
    });
}
awaitable<Result<std::vector<std::string>>> Storage::contents_to_retrieve(
    std::string subscription, std::size_t limit
) {
    return impl_->run(impl_->reader, [subscription = std::move(subscription), limit](cache::Store& store) {
        return store.contents_to_retrieve(subscription, limit);
    });
}
awaitable<Result<cache::ResourcePage>> Storage::search_documents(cache::DocumentSearchRequest request) {
    return impl_->run_search([request = std::move(request)](cache::Store& store) {
        return store.search_documents(request);
    });
}
awaitable<Result<cache::FoundResource>> Storage::read_document(std::string scope, std::string id) {
    return impl_->run(impl_->reader, [scope = std::move(scope), id = std::move(id)](cache::Store& store) {
        return store.read_document(scope, id);
    });
}
awaitable<Result<cache::ResourcePage>> Storage::search_patients(cache::PatientSearchRequest request) {
    return impl_->run_search([request = std::move(request)](cache::Store& store) {
        return store.search_patients(request);
    });
}
awaitable<Result<cache::FoundResource>> Storage::read_patient(std::string scope, std::string id) {
    return impl_->run(impl_->reader, [scope = std::move(scope), id = std::move(id)](cache::Store& store) {
        return store.read_patient(scope, id);
    });
}

awaitable<Result<bool>> Storage::purge(cache::Store::Retention retention) {
    return impl_->run(impl_->writer, [retention](cache::Store& store) { return store.purge(retention); });
}
awaitable<Result<cache::Store::Counts>> Storage::counts() {
    return impl_->run(impl_->reader, [](cache::Store& store) { return store.counts(); });
}

}  // namespace tributary::storage
