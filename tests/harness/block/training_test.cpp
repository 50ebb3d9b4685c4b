#include "harness/block/training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/block/block_world.h"

namespace joulebench {
namespace {

using testing::HasSubstr;

// Two checkpoints, the first wrong about everything, the second right; the model says how many
// samples were learned from.
constexpr const char* kLearner = R"(
ready()
for r in requests():
    if r['op'] == 'train':
        right = validation(r)
        say('{"event":"phase","name":"first half"}')
        checkpoint('c1', [(v + 1) % 10 for v in right])
        time.sleep(0.1)
        checkpoint('c2', right)
        keep(r, str(len(first_bytes(r['inputs']))))
        trained()
    else:
        answer(r, firsts(r))
        done(r)
)";

class TrainingBlock : public BlockWorld {
 protected:
  TrainingBlock() {
    track.task = Task::train;
    track.limits.train = Seconds(10);
  }
  // A program that trains as `body` says and would predict rightly.
  BlockRecord train(const std::string& body) {
    return run("\nready()\nfor r in requests():\n    if r['op'] == 'train':\n" + body +
                   "\n        trained()\n    else:\n        answer(r, firsts(r))\n        "
                   "done(r)\n",
               {})
        .record;
  }
  void expect_failure(const BlockRecord& record, Outcome outcome, const std::string& words) {
    EXPECT_STREQ(to_string(record.outcome), to_string(outcome)) << record.message;
    EXPECT_THAT(record.message, HasSubstr(words));
  }
};

TEST_F(TrainingBlock, LearnsInOneWindowAndPredictsTheHiddenPartWithItsModel) {
  const BlockResult block = run(kLearner, {}, 7);
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  ASSERT_EQ(block.record.windows.size(), 1U);
  EXPECT_GE(block.record.windows[0].wall.count(), 0.1);
  EXPECT_EQ(block.record.windows[0].samples, 0U) << "nothing is predicted in it";
  EXPECT_EQ(block.record.passes, 1);
  ASSERT_EQ(block.predictions.shape, (std::vector<std::size_t>{1, kSamples}));
  for (std::size_t row = 0; row < kSamples; ++row) {
    ASSERT_EQ(element_as_double(block.predictions, row), static_cast<double>(row % 10));
  }
  const TrainingRecord& training = block.record.training.value();
  EXPECT_EQ(training.seed, training_seed(7));
  EXPECT_EQ(training.samples, 80U);
  EXPECT_EQ(training.validation_samples, 20U);
  EXPECT_EQ(training.model_files, 1U);
  EXPECT_EQ(training.model_bytes, 2U) << "the text \"80\"";
  EXPECT_EQ(training.model_sha256.size(), 64U);
  ASSERT_EQ(training.checkpoints.size(), 2U);
  EXPECT_EQ(training.checkpoints[1].file, "c2");
  EXPECT_GT(training.checkpoints[1].at, training.checkpoints[0].at);
  EXPECT_GE(training.checkpoints[1].at.count(), 0.1) << "it slept so long before it said so";
  // Rows 0, 5, 10, ... of the public part: labels 0, 5, 0, ...
  ASSERT_EQ(block.checkpoints.shape, (std::vector<std::size_t>{2, 20}));
  EXPECT_EQ(element_as_double(block.checkpoints, 0), 1);
  EXPECT_EQ(element_as_double(block.checkpoints, 1), 6);
  EXPECT_EQ(element_as_double(block.checkpoints, 20), 0);
  EXPECT_EQ(element_as_double(block.checkpoints, 21), 5);
  bool marked = false;
  for (const TraceMark& mark : block.trace.marks) marked |= mark.name == "phase first half";
  EXPECT_TRUE(marked);
}

TEST_F(TrainingBlock, ACheckpointHasTheEnergyThatWasUsedUntilThen) {
  watts["training"] = 40;
  const BlockResult block = run(kLearner, {});
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  for (const CheckpointRecord& checkpoint : block.record.training->checkpoints) {
    ASSERT_EQ(checkpoint.energy.size(), 1U);
    ASSERT_TRUE(checkpoint.energy[0].joules);
    EXPECT_NEAR(checkpoint.energy[0].joules->value, 40 * checkpoint.at.count(),
                checkpoint.energy[0].error.value + 0.01);
    EXPECT_LT(checkpoint.energy[0].error.value, 3) << "a reading stands at each checkpoint";
  }
}

// As of windows of passes: one line is sent, four short ones are read, and the files of the
// checkpoints only when it is over.
TEST_F(TrainingBlock, NothingOfOursHappensInsideTheWindow) {
  row_bytes = 64 << 10;  // 80 rows of 64 KiB are 5 MB
  const BlockResult block = run(kLearner, {});
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  // The meter is read inside it too, at each checkpoint: from its first reading to its last.
  const auto windows = windows_seen();
  ASSERT_EQ(windows.size(), 1U);
  EXPECT_GT(windows[0].written, 100U) << "the request was sent";
  EXPECT_LT(windows[0].written, 250U) << "and nothing else was written";
  EXPECT_GT(windows[0].read, 100U) << "a phase, two checkpoints and done came";
  EXPECT_LT(windows[0].read, 250U) << "and no file was read";
  const auto before = spans_before_windows();
  ASSERT_EQ(before.size(), 1U);
  EXPECT_LT(before[0].written, 1000U) << "the data was written before the gate";
}

TEST_F(TrainingBlock, TheDataIsNotThereBeforeTheWindowNorForWhoPredicts) {
  const BlockResult block = run(R"(
if os.listdir('/jb/in') or os.path.exists('/jb/public'):
    sys.exit(9)
ready()
for r in requests():
    if r['op'] == 'train':
        seen = sorted(os.listdir(os.path.dirname(r['inputs'])))
        if seen != ['inputs.npy', 'labels.npy', 'validation.npy']:
            sys.exit(8)
        if os.environ.get('JOULEBENCH_MODEL'):
            sys.exit(7)
        keep(r, 'learned')
        trained()
    else:
        if os.listdir('/jb/in') != ['window']:
            sys.exit(6)
        if open(os.environ['JOULEBENCH_MODEL'] + '/model.txt').read() != 'learned':
            sys.exit(5)
        try:
            open('/jb/model/more', 'w')
            sys.exit(4)
        except OSError:
            pass
        answer(r, firsts(r))
        done(r)
)",
                                {});
  EXPECT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
}

TEST_F(TrainingBlock, EachSeedIsAnother) {
  EXPECT_NE(training_seed(1), training_seed(2));
  EXPECT_LT(training_seed(~std::uint64_t{0}), 1U << 31);
}

TEST_F(TrainingBlock, ATrainingShorterThanTheSensorNeedsIsVoid) {
  track.protocol.min_sensor_periods = 100;
  track.protocol.min_block = Seconds(1000);  // has no meaning here
  meter_period = Seconds(0.05);
  const BlockResult block = run(kLearner, {});
  EXPECT_EQ(block.record.outcome, Outcome::voided);
  EXPECT_THAT(block.record.message, HasSubstr("the slowest counter needs 5.000 s (100 of its "
                                              "updates, protocol.min_sensor_periods)"));
}

TEST_F(TrainingBlock, NoDoneIsATimeout) {
  track.limits.train = Seconds(0.3);
  expect_failure(train("        time.sleep(60)"), Outcome::timeout,
                 R"(no {"event":"done"} within 0.3 s)");
}

TEST_F(TrainingBlock, ATrainingWithoutAModelIsRefused) {
  expect_failure(train("        pass"), Outcome::output,
                 "the model cannot be carried on: there is no file in /jb/model");
}

TEST_F(TrainingBlock, AModelWithALinkIsRefused) {
  expect_failure(train("        keep(r, 'x'); os.symlink('/etc/passwd', '/jb/model/weights')"),
                 Outcome::output, "/jb/model/weights is a link");
}

TEST_F(TrainingBlock, SeveralNamesOfAModelsFileAreSeveralFiles) {
  const BlockRecord record =
      train("        keep(r, 'x'); os.link('/jb/model/model.txt', '/jb/model/again')");
  ASSERT_EQ(record.outcome, Outcome::valid) << record.message;
  EXPECT_EQ(record.training->model_files, 2U);
}

TEST_F(TrainingBlock, AForkThatWasRefusedOnTheWayIsNoFailure) {
  const BlockRecord record = train(R"(        keep(r, 'x')
        children = []
        try:
            while True:
                child = os.fork()
                if child == 0:
                    time.sleep(1000)
                children.append(child)
        except OSError:
            pass
        for child in children:
            os.kill(child, 9)
            os.waitpid(child, 0))");
  ASSERT_EQ(record.outcome, Outcome::valid) << record.message;
  EXPECT_EQ(record.training->model_files, 1U);
}

TEST_F(TrainingBlock, AModelThatIsTooLargeIsRefused) {
  track.limits.output_bytes = 1 << 20;
  const BlockRecord record = train("        keep(r, 'x' * 1500000)");
  // Told by who looks through the model, or by who watches the sandbox: the first to see it.
  expect_failure(record, Outcome::output, "MB");
}

TEST_F(TrainingBlock, ACheckpointOfAWrongCountIsRefused) {
  expect_failure(train("        keep(r, 'x'); checkpoint('c', [1, 2, 3])"), Outcome::predictions,
                 "/jb/out/c: 3 predictions, where 20 were expected");
}

TEST_F(TrainingBlock, ACheckpointAfterDoneDoesNotCount) {
  const BlockRecord record = train(
      "        keep(r, 'x'); trained(); time.sleep(0.05); checkpoint('c', validation(r)); "
      "continue");
  ASSERT_EQ(record.outcome, Outcome::valid) << record.message;
  EXPECT_TRUE(record.training->checkpoints.empty());
}

TEST_F(TrainingBlock, AFloodOfCheckpointsEndsTheBlock) {
  expect_failure(train(R"(
        for i in range(1000000):
            checkpoint('c%d' % i, []))"),
                 Outcome::protocol, "more than the 1000 that a training may have");
  expect_failure(train(R"(
        checkpoint('c', [])
        for i in range(1000000):
            say('{"event":"checkpoint","predictions":"/jb/out/c"}'))"),
                 Outcome::protocol, "checkpoint /jb/out/c: reported twice");
}

TEST_F(TrainingBlock, AFloodOfPhasesEndsTheBlock) {
  expect_failure(train(R"(
        for i in range(1000000):
            say('{"event":"phase","name":"p"}'))"),
                 Outcome::protocol, "more than 10000 phase marks");
}

TEST_F(TrainingBlock, ACheckpointElsewhereIsRefused) {
  expect_failure(train(R"(        say('{"event":"checkpoint","predictions":"/etc/passwd"}'))"),
                 Outcome::protocol, R"(where {"event":"checkpoint","predictions":"/jb/out/FILE"})");
  expect_failure(
      train(
          R"(        say('{"event":"checkpoint","predictions":"/jb/out/../in/train/labels.npy"}'))"),
      Outcome::predictions, "not a plain file name");
  expect_failure(train(R"(        os.symlink('/etc/passwd', '/jb/out/c')
        say('{"event":"checkpoint","predictions":"/jb/out/c"}'))"),
                 Outcome::predictions, "a symbolic link, not a file");
}

TEST_F(TrainingBlock, ACheckpointThatIsImprovedAfterwardsIsAViolation) {
  expect_failure(train(R"(
        checkpoint('c', [0] * 20)
        keep(r, 'x')
        time.sleep(0.05)
        open('/jb/out/c', 'w').write(''.join('%d\n' % v for v in validation(r))))"),
                 Outcome::violation, "checkpoint /jb/out/c was changed after it was reported");
}

TEST_F(TrainingBlock, ACheckpointThatIsStillOpenForWritingIsRefused) {
  expect_failure(train(R"(
        import mmap
        open('/jb/out/c', 'w').write('0\n' * 20)
        file = open('/jb/out/c', 'r+b')
        map = mmap.mmap(file.fileno(), 0)
        file.close()
        say('{"event":"checkpoint","predictions":"/jb/out/c"}'))"),
                 Outcome::predictions, "still open for writing");
}

TEST_F(TrainingBlock, AProgramThatDiesWhileItTrainsHasCrashed) {
  expect_failure(train("        os.kill(os.getpid(), 11)"), Outcome::crash, "signal 11");
}

TEST_F(TrainingBlock, AModelThatDoesNotLoadIsTheEntrysFailure) {
  const BlockResult block = run(R"(
if os.environ.get('JOULEBENCH_MODEL'):
    raise ValueError('this is no model')
ready()
for r in requests():
    keep(r, 'x')
    trained()
)",
                                {});
  expect_failure(block.record, Outcome::crash, R"(where {"event":"ready"} was expected)");
  EXPECT_THAT(block.record.log_tail, HasSubstr("this is no model"));
}

TEST_F(TrainingBlock, AfterTheTrainingItsModelStaysAsItIs) {
  const BlockResult block = run(R"(
ready()
for r in requests():
    if r['op'] == 'train':
        keep(r, 'x')
        trained()
        spin(0.05)
        keep(r, 'improved')
        continue
    if open(os.environ['JOULEBENCH_MODEL'] + '/model.txt').read() != 'x':
        sys.exit(5)
    answer(r, firsts(r))
    done(r)
)",
                                {});
  EXPECT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
}

// 0.2 s of CPU time before the request and 0.2 s after it: twice the window's energy.
TEST_F(TrainingBlock, WorkBeforeTheRequestIsCharged) {
  const BlockResult block = run(R"(
spin(0.2)
ready()
for r in requests():
    if r['op'] == 'train':
        spin(0.2)
        keep(r, 'x')
        trained()
        continue
    answer(r, firsts(r))
    done(r)
)",
                                {});
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  const WindowRecord& window = block.record.windows.at(0);
  ASSERT_EQ(block.record.looks.size(), 1U);
  const LookRecord& before = block.record.looks[0];
  EXPECT_EQ(before.role, "before-training");
  ASSERT_TRUE(before.cpu && before.joules && window.submission_cpu);
  EXPECT_GE(before.cpu->count(), 0.2);
  EXPECT_NEAR(before.joules->value,
              window.domains.at(0).joules->value * (*before.cpu / *window.submission_cpu), 1e-6);
  EXPECT_NEAR(block.record.energy.at(0).joules->value,
              window.domains.at(0).joules->value + before.joules->value, 1e-6);
}

TEST_F(TrainingBlock, WhoDoesNotKnowTheRequestIsTold) {
  const BlockResult block = run(R"(
ready()
for r in requests():
    if r['op'] != 'predict':
        raise ValueError('cannot ' + r['op'])
)",
                                {});
  expect_failure(block.record, Outcome::crash, R"(where {"event":"done"} was expected)");
  EXPECT_THAT(block.record.log_tail, HasSubstr("cannot train"));
}

}  // namespace
}  // namespace joulebench
