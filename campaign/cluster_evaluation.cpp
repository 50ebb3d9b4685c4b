#include "campaign/cluster_evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "campaign/admission.h"
#include "campaign/competition_change.h"
#include "campaign/entry_environment.h"
#include "campaign/measuring.h"
#include "campaign/node_lock.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/text.h"
#include "datasets/labels.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

// Files are looked at often, which costs little; Slurm is asked seldom, as its manual wishes.
constexpr std::chrono::milliseconds kBetweenRounds{500};
constexpr std::chrono::seconds kBetweenQuestions{4};

fs::path jobs_of(const EvaluationRequest& request) {
  return fs::absolute(request.database).replace_extension(".jobs");
}

std::string dataset_of(const EvaluationRequest& request, const Track& track) {
  return open_dataset(track.dataset,
                      dataset_locations(request.measuring.datasets, request.competition.file))
      .dataset.sha256;
}

// Sessions that were measured otherwise are of another campaign.
JobFolder folder_of(const EvaluationRequest& request, const Track& track,
                    const std::string& dataset_sha256) {
  const nlohmann::json identity = {{"competition", request.competition.id},
                                   {"track", measuring_rules(track)},
                                   {"dataset", dataset_sha256},
                                   {"meters", request.measuring.meters}};
  const std::string digest =
      sha256_of_text(identity.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  return JobFolder(jobs_of(request) / (track.id + "-" + digest.substr(0, 12)));
}

SessionJob common_job(const EvaluationRequest& request, const Track& track,
                      const std::string& dataset_sha256) {
  const auto absolute = [](const fs::path& path) {
    return path.empty() ? std::string() : fs::absolute(path).string();
  };
  return {.competition_text = request.competition.text,
          .competition_file = absolute(request.competition.file),
          .track = track.id,
          .dataset_sha256 = dataset_sha256,
          .meters = request.measuring.meters,
          .datasets = absolute(request.measuring.datasets),
          .environments = absolute(request.measuring.environments),
          .entries = {}};
}

std::unique_ptr<SessionExecutor> executor_for(const JobFolder& folder,
                                              const ClusterRequest& cluster) {
  if (cluster.by_hand) return nullptr;
  return std::make_unique<SlurmExecutor>(folder, cluster.slurm);
}

void find_environments(Participants& participants, const EvaluationRequest& request) {
  const EnvironmentStore store(request.measuring.environments.empty()
                                   ? EnvironmentStore::default_folder()
                                   : request.measuring.environments);
  for (Candidate& candidate : participants.candidates) {
    candidate.environment = resolve_environment(store, request.competition, candidate.submission);
  }
}

PlannedNodes nodes_of(const ClusterRequest& cluster) {
  return {.count = static_cast<std::size_t>(cluster.slurm.nodes), .every = cluster.slurm.every};
}

std::size_t blocks_in(const fs::path& nodes) {
  std::size_t blocks = 0;
  std::error_code none;
  for (const auto& node : fs::directory_iterator(nodes, none)) {
    for (const auto& run : fs::directory_iterator(node.path(), none)) {
      for (const auto& block : fs::directory_iterator(run.path(), none)) {
        blocks += block.path().filename().string().starts_with("block-");
      }
    }
  }
  return blocks;
}

ClusterState state_of(const Track& track, const JobFolder& folder,
                      const std::vector<SessionView>& views) {
  ClusterState state{.track = track.id, .folder = folder, .sessions = views};
  for (const SessionView& view : views) {
    state.blocks += view.entries * static_cast<std::size_t>(track.protocol.blocks);
  }
  state.blocks_done = blocks_in(folder.path() / "nodes");
  return state;
}

/// One track's campaign with all that it needs here.
class TrackOnCluster {
 public:
  TrackOnCluster(const EvaluationRequest& request, const ClusterRequest& cluster,
                 const Track& track, Store& store, const ClusterObserver& observer,
                 bool scores_anew)
      : track_(track),
        labelled_(open_dataset(track_.dataset, dataset_locations(request.measuring.datasets,
                                                                 request.competition.file))),
        folder_(folder_of(request, track_, labelled_.dataset.sha256)),
        executor_(executor_for(folder_, cluster)),
        scorer_(request.competition, track_, labelled_, default_scratch(), request.scorer),
        collector_({.competition = request.competition,
                    .track = track_,
                    .dataset_sha256 = labelled_.dataset.sha256,
                    .scorer = scorer_,
                    .store = store,
                    .records = records_of(request, track_.id),
                    .clock = clock_,
                    .scores_anew = scores_anew}),
        campaign_({.folder = folder_,
                   .executor = executor_.get(),
                   .tries = 1 + cluster.retries,
                   .on_note = [this, &observer](const std::string& text) {
                     if (observer.on_note) observer.on_note(track_.id + ": " + text);
                   }}) {}
  TrackOnCluster(const TrackOnCluster&) = delete;

  // Entries that dates and quotas refuse are added to the participants' refused.
  Participants plan(const EvaluationRequest& request, const ClusterRequest& cluster, Store& store,
                    const ClusterObserver& observer) {
    Participants participants = told_participants(request, track_, observer.evaluation);
    const std::string now = clock_.now_utc();
    store.put_refused(request.competition.id, track_.id, as_stored(participants.refused), now);
    find_environments(participants, request);
    const Calendars calendars =
        parse_calendars(request.competition.text, request.competition.file.string());
    for (const Refused& one :
         admit(participants, calendars, request.competition.id, track_.id, store, clock_)) {
      if (observer.evaluation.on_refused) observer.evaluation.on_refused(one);
    }
    plan_sessions(folder_, participants, common_job(request, track_, labelled_.dataset.sha256),
                  track_, nodes_of(cluster), true);
    return participants;
  }

  /// Says on the board which sessions were given up, so that nobody takes their entries for
  /// missing. The next call takes it back and tries them again.
  void tell_given_up(const std::string& competition, const Participants& participants,
                     Store& store) {
    std::vector<RefusedEntry> told = as_stored(participants.refused);
    for (const SessionView& view : campaign_.sessions()) {
      if (view.stage != SessionView::Stage::given_up) continue;
      told.push_back({.name = fmt::format("session {}", view.number),
                      .reason = fmt::format("it was given up after failures of its machine or job; "
                                            "its {} entries have no blocks of it yet",
                                            view.entries)});
    }
    store.put_refused(competition, track_.id, told, clock_.now_utc());
  }

  void ask() {
    campaign_.ask();
    campaign_.collect(collector_);
  }
  void collect() { campaign_.collect(collector_); }
  void cancel() {
    if (executor_) executor_->cancel();
  }
  bool is_over() const { return campaign_.is_over(); }
  std::size_t refused_records() const { return campaign_.refused(); }
  ClusterState state() const { return state_of(track_, folder_, campaign_.sessions()); }

 private:
  SystemClock clock_;
  Track track_;
  LabelledDataset labelled_;
  JobFolder folder_;
  std::unique_ptr<SessionExecutor> executor_;
  RecordScorer scorer_;
  RecordCollector collector_;
  ClusterCampaign campaign_;
};

using Tracks = std::vector<std::unique_ptr<TrackOnCluster>>;

std::vector<ClusterState> states_of(const Tracks& tracks) {
  std::vector<ClusterState> states;
  for (const auto& track : tracks) states.push_back(track->state());
  return states;
}

[[noreturn]] void stop(const Tracks& tracks, const ClusterObserver& observer) {
  if (observer.cancels && observer.cancels()) {
    for (const auto& track : tracks) track->cancel();
  }
  throw Interrupted{};
}

void follow(const Tracks& tracks, const EvaluationRequest& request,
            const ClusterObserver& observer) {
  SystemClock clock;
  const auto is_over = [&] {
    return std::all_of(tracks.begin(), tracks.end(),
                       [](const auto& one) { return one->is_over(); });
  };
  for (SteadyTime next_question = clock.now();;) {
    const bool asks = clock.now() >= next_question;
    for (const auto& track : tracks) asks ? track->ask() : track->collect();
    if (asks) {
      next_question = clock.now() + kBetweenQuestions;
      if (observer.on_progress) observer.on_progress(states_of(tracks));
    }
    if (is_over()) return;
    if (request.measuring.stopped && request.measuring.stopped()) stop(tracks, observer);
    clock.sleep_until(clock.now() + kBetweenRounds);
  }
}

// What the board is: every participant has a valid run, on whichever machine, or on each that was
// asked for.
bool all_valid(const Participants& participants, const Store& store, const std::string& competition,
               const std::string& track, const std::vector<std::string>& every_node) {
  const auto is_valid_on = [](const std::vector<StoredRun>& runs, const std::string& node) {
    return std::any_of(runs.begin(), runs.end(), [&](const StoredRun& run) {
      return run.record.outcome == Outcome::valid &&
             (node.empty() || run.record.node_before.hostname == node);
    });
  };
  return std::all_of(
      participants.candidates.begin(), participants.candidates.end(), [&](const Candidate& one) {
        const auto runs = store.find_runs(competition, track, one.submission.id);
        if (every_node.empty()) return is_valid_on(runs, "");
        return std::all_of(every_node.begin(), every_node.end(),
                           [&](const std::string& node) { return is_valid_on(runs, node); });
      });
}

bool has_other_rules(const Store& store, const Competition& competition) {
  const auto known = store.competition_ids();
  return std::find(known.begin(), known.end(), competition.id) != known.end() &&
         store.competition(competition.id).digest != competition.digest;
}

/// Which machines every entry runs on is said where it is asked for, and there alone.
void require_nodes(const EvaluationRequest& request, const ClusterRequest& cluster) {
  for (const std::string& node : cluster.slurm.every) {
    if (is_node_name(node)) continue;
    throw Error(
        {.what = "a machine needs a name that can be a folder's",
         .where = "--every-node: '" + printable(node, 200) + "'",
         .hint = "letters, digits, '-', '_' and '.'; sinfo -N lists the nodes of a cluster"});
  }
  for (const Track& track : tracks_of(request)) {
    const bool is_asked = track.ranking.nodes == NodeRule::every;
    if (is_asked == !cluster.slurm.every.empty()) continue;
    const std::string where = fmt::format("{}: track '{}': field 'ranking.nodes'",
                                          request.competition.file.string(), track.id);
    if (is_asked) {
      throw Error({.what = "the track ranks what ran on every machine, and none is named",
                   .where = where,
                   .hint = "name them: --every-node node1,node2 (sinfo -N lists the nodes of a "
                           "cluster)"});
    }
    throw Error({.what = "the track does not rank what ran on every machine",
                 .where = where + " is \"alike\"",
                 .hint = "write \"nodes\": \"every\" there, or leave --every-node out"});
  }
}

/// Blocks are added by what all entries did, and sessions of other machines are planned before
/// that.
void require_fixed_blocks(const EvaluationRequest& request) {
  for (const Track& track : tracks_of(request)) {
    if (!track.protocol.adds_blocks) continue;
    throw Error({.what = "a track that adds blocks cannot be shared out to other machines",
                 .where = request.competition.file.string() + ": track '" + track.id +
                          "': field 'protocol.blocks': \"auto\"",
                 .hint = "evaluate it on one machine (--executor local), or write a number"});
  }
}

// Of the machine that is done last, where sessions are as long as expected.
Seconds time_of(const PlannedSessions& planned, const Track& track, const PlannedNodes& nodes) {
  std::vector<Seconds> machines(std::max(nodes.count, nodes.every.size()), Seconds{0});
  for (std::size_t i = 0; i < planned.entries.size(); ++i) {
    const auto named = std::find(nodes.every.begin(), nodes.every.end(), planned.nodes[i]);
    Seconds& machine = named == nodes.every.end()
                           ? *std::min_element(machines.begin(), machines.end())
                           : machines[static_cast<std::size_t>(named - nodes.every.begin())];
    machine += static_cast<double>(planned.entries[i]) *
               static_cast<double>(track.protocol.blocks) * expected_block_time(track);
  }
  return *std::max_element(machines.begin(), machines.end());
}

}  // namespace

ClusterResult evaluate_on_cluster(const EvaluationRequest& request, const ClusterRequest& cluster,
                                  const ClusterObserver& observer) {
  require_fixed_blocks(request);
  require_nodes(request, cluster);
  check_changes(request);
  fs::create_directories(jobs_of(request));
  const std::string now = SystemClock().now_utc();
  const NodeLock lock("evaluate " + request.competition.id, now, jobs_of(request) / "lock");
  Store store(request.database);
  const bool scores_anew = has_other_rules(store, request.competition);
  store.put_competition(request.competition, now);
  ClusterResult result;
  Tracks tracks;
  std::vector<Participants> all_participants;
  for (const Track& track : tracks_of(request)) {
    tracks.push_back(
        std::make_unique<TrackOnCluster>(request, cluster, track, store, observer, scores_anew));
    all_participants.push_back(tracks.back()->plan(request, cluster, store, observer));
    const Participants& participants = all_participants.back();
    result.evaluation.refused.insert(result.evaluation.refused.end(), participants.refused.begin(),
                                     participants.refused.end());
  }
  follow(tracks, request, observer);
  const std::vector<Track> asked = tracks_of(request);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    tracks[i]->tell_given_up(request.competition.id, all_participants[i], store);
    result.evaluation.all_valid &= all_participants[i].refused.empty() &&
                                   tracks[i]->refused_records() == 0 &&
                                   all_valid(all_participants[i], store, request.competition.id,
                                             asked[i].id, cluster.slurm.every);
  }
  result.states = states_of(tracks);
  return result;
}

std::vector<ClusterState> cluster_states(const EvaluationRequest& request,
                                         const ClusterRequest& cluster) {
  std::vector<ClusterState> states;
  for (const Track& track : tracks_of(request)) {
    const JobFolder folder = folder_of(request, track, dataset_of(request, track));
    const auto executor = executor_for(folder, cluster);
    ClusterCampaign campaign({.folder = folder, .executor = executor.get(), .on_note = {}});
    campaign.look();
    states.push_back(state_of(track, folder, campaign.sessions()));
  }
  return states;
}

std::vector<SessionPlan> plan_on_cluster(const EvaluationRequest& request,
                                         const ClusterRequest& cluster,
                                         const ClusterObserver& observer) {
  require_fixed_blocks(request);
  require_nodes(request, cluster);
  check_changes(request);
  std::vector<SessionPlan> plans;
  const PlannedNodes nodes = nodes_of(cluster);
  for (const Track& track : tracks_of(request)) {
    const std::string dataset = dataset_of(request, track);
    const Participants participants = told_participants(request, track, observer.evaluation);
    const PlannedSessions planned =
        plan_sessions(folder_of(request, track, dataset), participants,
                      common_job(request, track, dataset), track, nodes, false);
    SessionPlan plan{.track = track.id,
                     .entries = participants.candidates.size(),
                     .sessions = planned.added.size()};
    plan.time = time_of(planned, track, nodes);
    for (const std::size_t entries : planned.entries) {
      plan.blocks += entries * static_cast<std::size_t>(track.protocol.blocks);
    }
    plans.push_back(std::move(plan));
  }
  return plans;
}

}  // namespace joulebench
