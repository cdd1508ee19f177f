using CsCheck;
using Figment.Machines.Actions;
using Figment.Machines.Decisions;
using Figment.Machines.Inputs;
using Figment.Machines.States;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;
using static Figment.Machines.Tests.Bench;

namespace Figment.Machines.Tests;

/// <summary>Random inputs to a random application; a failure prints the seed that repeats it.</summary>
public sealed class PropertyTests
{
    private const int MachinesMax = 5;

    /// <summary>A chain of five, each with a cool-down of three rounds, is through after fifteen.</summary>
    private const int RoundsMax = 40;

    private enum Step
    {
        Connect,
        Start,
        StartNoWait,
        Stop,
        StopToImaginary,
        Restart,
        Kill,
        Remove,
        ForceRemove,
        Started,
        Listens,
        Loopback,
        Healthy,
        Unhealthy,
        ExitWell,
        ExitBadly,
        AllUp,
        AllQuiet,
        AllStored,
        Quiet,
        Active,
        Frozen,
        Busy,
        Thawed,
        Stored,
        NotStored,
        SnapshotTaken,
        SnapshotNotTaken,
        NotBegun,
        Checkpointed,
        Restore,
        BoxGone,
        StartFailed,
        PassLittle,
        PassMuch,
        UpdateSame,
        Up,
        UpdateChanged,
        UpdateWithout,
        Down,
    }

    private static readonly Gen<MachineLaunch[]> Launches =
        Gen.Select(Gen.Int[0, 2], Gen.Bool, Gen.Int[0, 3], Gen.Int[0, 2], Gen.Bool, Gen.Bool, Gen.Int[0, 3], Gen.Int[0, 2]).Array[1, MachinesMax].Select(rows => rows.Select((row, index) =>
        {
            var (mode, port, policy, condition, required, health, idle, kind) = row;
            var machine = Machine("s" + index, port ? 80 : null) with
            {
                Start = mode == 0 ? StartMode.Eager : StartMode.OnDemand,
                OneOff = mode == 2 && !port,
                Interfaces = [new InterfaceLaunch { Network = "default", Address = "10.0.0." + index }],
                Idle = new IdleSpec { FreezeAfterMs = idle == 0 ? 0 : 10_000, IgnoreHeartbeat = idle == 1, HibernateAfterMs = idle == 3 ? 0 : 30_000 },
                Kind = "k" + kind,
                FromSnapshot = kind > 0,
                HealthCheck = health ? new HealthCheckSpec { Test = ["true"] } : null,
            };
            machine = Restarts(machine, (RestartPolicy)policy, policy == 1 ? 2 : 0);

            // Only on earlier ones: Compose refuses circles.
            return index == 0 ? machine : Needs(machine, "s" + (index - 1), (DependencyCondition)condition, required);
        }).ToArray());

    private static readonly Gen<(Step Step, int Machine)[]> Steps = Gen.Select(Gen.Enum<Step>(), Gen.Int[0, MachinesMax - 1], (step, machine) => (step, machine)).Array[0, 80];

    [Fact]
    public void Whatever_happens_in_whatever_order_the_invariants_hold() =>
        Gen.Select(Launches, Steps).Sample(
            (launches, steps) =>
            {
                var run = new Run(launches);
                foreach (var (step, machine) in steps)
                {
                    // Down ends all: rare, so that most runs are long.
                    run.Do(step == Step.Down && machine > 0 ? Step.Connect : step, launches[machine % launches.Length].Name);
                }

                run.Finish();
            },
            iter: 8_000,
            threads: 2,
            print: sample => $"{string.Join("; ", sample.Item1.Select(Print))} | {string.Join(" ", sample.Item2.Select(step => $"{step.Step}:{step.Machine % sample.Item1.Length}"))}");

    private static string Print(MachineLaunch launch) =>
        $"{launch.Start}{(launch.Ports.Count > 0 ? " port" : "")}{(launch.OneOff ? " one-off" : "")} {launch.Restart.Policy}{string.Concat(launch.DependsOn.Select(other => $" needs {other.Condition}{(other.Required ? "" : "?")}"))}";

    /// <summary>What the world outside would see: boxes, sockets, requests, the ledger.</summary>
    private sealed class Run
    {
        private readonly Bench _bench;
        private readonly MachineLaunch[] _launches;
        private readonly Dictionary<string, long> _boxes = [];
        private readonly HashSet<string> _held = [];

        /// <summary>Boxes that were asked to freeze and have not answered, and those that have frozen.</summary>
        private readonly HashSet<string> _freezing = [];
        private readonly HashSet<string> _frozen = [];

        /// <summary>Boxes that were asked to put their machine on storage and have not answered, and machines that are there.</summary>
        private readonly HashSet<string> _storing = [];
        private readonly HashSet<string> _stored = [];

        /// <summary>Boxes that were asked for a snapshot and have not answered, those that began from one and do not run yet, and the kinds of which there is one.</summary>
        private readonly HashSet<string> _taken = [];
        private readonly HashSet<string> _clones = [];
        private readonly HashSet<string> _kinds = [];
        private readonly Dictionary<string, MachineState> _ledger = [];
        private readonly List<long> _requests = [];
        private int _seen;
        private long _lastBox;
        private int _revision;

        public Run(MachineLaunch[] launches)
        {
            _launches = launches;
            _bench = new Bench(launches);
            Check();
        }

        public void Do(Step step, string name)
        {
            var machine = _bench.Application.Machines.GetValueOrDefault(name);
            long box = _boxes.GetValueOrDefault(name);
            switch (step)
            {
                case Step.Connect:
                    if (_held.Contains(name))
                    {
                        _bench.Connect(name);
                    }

                    break;
                case Step.Start or Step.StartNoWait:
                    _requests.Add(_bench.Start(name, step == Step.Start));
                    break;
                case Step.Stop or Step.StopToImaginary:
                    _requests.Add(_bench.Stop(name, step == Step.StopToImaginary));
                    break;
                case Step.Restart:
                    _requests.Add(_bench.Restart(name));
                    break;
                case Step.Restore:
                    // The keeper puts the snapshot there before it asks.
                    if (Lifecycle.RestoreComplaint(_bench.Application, name) is null)
                    {
                        _stored.Add(name);
                    }

                    _requests.Add(_bench.Ask(request => new MachineInput.RestoreAsked(request, name)));
                    break;
                case Step.Kill:
                    _requests.Add(_bench.Ask(request => new MachineInput.KillAsked(request, name, 9)));
                    break;
                case Step.Remove or Step.ForceRemove:
                    _requests.Add(_bench.Ask(request => new MachineInput.RemoveAsked(request, name, step == Step.ForceRemove)));
                    break;
                case Step.PassLittle or Step.PassMuch:
                    Pass(step == Step.PassLittle ? 50 : 70_000);
                    break;
                case Step.UpdateSame or Step.Up or Step.UpdateChanged or Step.UpdateWithout:
                    Update(step, name);
                    break;
                case Step.AllUp or Step.AllQuiet:
                    foreach (string other in _bench.Application.Machines.Keys.ToList())
                    {
                        Step[] each = step == Step.AllQuiet ? [Step.Quiet] : [Step.StartNoWait, Step.Started, Step.Listens, Step.Healthy];
                        Array.ForEach(each, one => Do(one, other));
                    }

                    break;
                case Step.AllStored:
                    Array.ForEach([Step.AllUp, Step.AllQuiet], one => Do(one, name));
                    _boxes.Keys.ToList().ForEach(other => Do(Step.Frozen, other));
                    Pass(31_000);

                    // The box of this one does not end yet.
                    _boxes.Keys.ToList().ForEach(other => Array.ForEach(other == name ? [Step.Stored] : new[] { Step.Stored, Step.BoxGone }, one => Do(one, other)));
                    break;
                case Step.Down:
                    _requests.Add(_bench.Down());
                    break;
                default:
                    if (machine is not null && box != 0)
                    {
                        Say(step, name, box);
                    }

                    break;
            }

            Check();
        }

        /// <summary>Everybody behaves from here on: programs listen, boxes end; then nothing waits any more.</summary>
        public void Finish()
        {
            for (int round = 0; round < RoundsMax && _requests.Any(request => _bench.AnswerTo(request) is null); round++)
            {
                foreach (string name in _boxes.Keys.ToList())
                {
                    var machine = _bench.Application.Machines[name];
                    bool isJob = _bench.Application.Machines.Values.Any(other => other.Launch.DependsOn.Any(dependency =>
                        dependency.Service == machine.Launch.Service && dependency.Condition == DependencyCondition.CompletedSuccessfully));
                    Step[] steps = machine.State switch
                    {
                        MachineState.Starting => [Step.Started, Step.Listens, Step.Healthy],
                        MachineState.Running or MachineState.Frozen when machine.IsTaken => [Step.SnapshotTaken],
                        MachineState.Frozen when machine.IsStoring => [Step.NotStored],
                        MachineState.Running or MachineState.Frozen => isJob ? [Step.Healthy, Step.ExitWell, Step.BoxGone] : [Step.Healthy],
                        _ => [Step.BoxGone],
                    };
                    foreach (var step in steps)
                    {
                        Do(step, name);
                    }
                }

                // Less than the start time-out: nobody is late.
                Pass(20_000);
            }

            foreach (long request in _requests)
            {
                Assert.True(_bench.AnswerTo(request) is not null, $"request {request} was never answered; {string.Join(", ", _bench.Application.Machines.Values.Select(machine => $"{machine.Name} {machine.State} box {machine.Box} {machine.Leaving?.After} health {machine.Health} waiters {string.Join(",", machine.Waiters)}"))}");
            }
        }

        private void Say(Step step, string name, long box)
        {
            switch (step)
            {
                case Step.Started:
                    _clones.Remove(name);
                    _bench.Feed(new MachineInput.BoxStarted(name, box));
                    break;
                case Step.Listens or Step.Loopback:
                    _bench.Feed(new MachineInput.Listening(name, box, step == Step.Loopback));
                    break;
                case Step.Healthy or Step.Unhealthy:
                    _bench.Feed(new MachineInput.HealthChanged(name, box, step == Step.Healthy ? HealthState.Healthy : HealthState.Unhealthy));
                    break;
                case Step.ExitWell or Step.ExitBadly:
                    _storing.Remove(name);
                    _bench.Feed(new MachineInput.ProgramExited(name, box, step == Step.ExitWell ? 0 : 1, null, false, []));
                    break;
                case Step.Quiet:
                    // Each has connections with its neighbours.
                    int number = int.Parse(name.AsSpan(1, 1), System.Globalization.CultureInfo.InvariantCulture);
                    _bench.Feed(new MachineInput.QuietSaid(name, box, new QuietReport(10_000, 1_000, 0, ["10.0.0." + (number - 1), "10.0.0." + (number + 1)])));
                    break;
                case Step.Active:
                    _bench.Feed(new MachineInput.ActiveSaid(name, box));
                    break;
                case Step.Frozen when _freezing.Remove(name):
                    _frozen.Add(name);
                    _bench.Feed(new MachineInput.FrozenSaid(name, box, 1, null));
                    break;
                case Step.Busy when _freezing.Remove(name):
                    _bench.Feed(new MachineInput.BusySaid(name, box, "it runs"));
                    break;
                case Step.Thawed when _frozen.Remove(name):
                    _bench.Feed(new MachineInput.ThawedSaid(name, box, new Signal { Kind = SignalKind.Data }));
                    break;
                case Step.Stored when _frozen.Contains(name) && _storing.Remove(name):
                    _frozen.Remove(name);
                    _stored.Add(name);
                    _bench.Feed(new MachineInput.StoredSaid(name, box, 40));
                    break;
                case Step.NotStored when _storing.Remove(name):
                    _bench.Feed(new MachineInput.NotStoredSaid(name, box, "it cannot be dumped"));
                    break;
                case Step.SnapshotTaken when _taken.Remove(name):
                    _kinds.Add(_bench.Application.Machines[name].Launch.Kind);
                    _bench.Feed(new MachineInput.SnapshotTaken(name, box, 40));
                    break;
                case Step.NotBegun when _clones.Remove(name):
                    _bench.Feed(new MachineInput.NotBegun(name, box, "it is damaged"));
                    break;
                case Step.SnapshotNotTaken when _taken.Remove(name):
                    _bench.Feed(new MachineInput.SnapshotNotTaken(name, box, "it cannot be dumped"));
                    break;
                case Step.Checkpointed when _bench.Application.Machines[name] is { State: MachineState.Running or MachineState.Frozen or MachineState.Stopping } && !_storing.Contains(name):
                    _frozen.Remove(name);
                    _freezing.Remove(name);
                    _bench.Feed(new MachineInput.CheckpointedSaid(name, box));
                    Assert.False(_bench.Application.Machines.TryGetValue(name, out var taken) && taken.Box == box && taken.RunsProgram, $"{name} has ended with its snapshot and is said to run");
                    break;
                case Step.Checkpointed:
                    break;
                case Step.Frozen or Step.Busy or Step.Thawed or Step.Stored or Step.NotStored or Step.SnapshotTaken or Step.SnapshotNotTaken or Step.NotBegun:
                    break;
                case Step.StartFailed:
                    _storing.Remove(name);
                    var before = _bench.Application.Machines[name];
                    _bench.Feed(new MachineInput.StartFailed(name, box, 127, "not found", BoxIsGone: false, IsStored: _stored.Contains(name)));
                    Assert.True(!_clones.Remove(name) || before is not { State: MachineState.Starting, Leaving: null } || _bench.Application.Machines[name].State == MachineState.Waiting, $"{name} did not begin from a snapshot and is not to start from its program");
                    break;
                case Step.BoxGone:
                    // A box that is killed while it puts its machine on storage may have done so.
                    if (_frozen.Contains(name) && _storing.Contains(name))
                    {
                        _stored.Add(name);
                    }

                    _boxes.Remove(name);
                    _frozen.Remove(name);
                    _freezing.Remove(name);
                    _storing.Remove(name);
                    _taken.Remove(name);
                    _clones.Remove(name);
                    _bench.Feed(new MachineInput.BoxGone(name, box, IsStored: _stored.Contains(name)));
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(step), step, "no word of a box");
            }
        }

        private void Pass(long ms)
        {
            for (long passed = 0; passed < ms; passed += Math.Max(50, ms / 20))
            {
                _bench.Pass(Math.Max(50, ms / 20));
                Check();
            }
        }

        private void Update(Step step, string name)
        {
            _revision++;
            MachineLaunch[] machines = [.. _launches
                .Where(launch => step != Step.UpdateWithout || launch.Name != name)
                .Select(launch => step == Step.UpdateChanged && launch.Name == name ? launch with { Revision = "u" + _revision } : launch)];
            _requests.Add(step == Step.Up ? _bench.Up(machines) : _bench.Update(machines));
        }

        private void Check()
        {
            for (; _seen < _bench.Actions.Count; _seen++)
            {
                See(_bench.Actions[_seen]);
            }

            Assert.Equal(_kinds.Order(), _bench.Application.Kinds.Where(kind => kind.Value.IsThere).Select(kind => kind.Key));
            foreach (var machine in _bench.Application.Machines.Values)
            {
                Assert.Equal(machine.Box ?? 0, _boxes.GetValueOrDefault(machine.Name));
                Assert.True(machine.HoldsPlaceholders == _held.Contains(machine.Name), $"{machine.Name} is {machine.State}, cooled {machine.Cooled}, but its ports are {(_held.Contains(machine.Name) ? "" : "not ")}held");
                Assert.True(!machine.RunsProgram || machine.Box is not null, $"{machine.Name} is {machine.State} without a box");
                Assert.True(machine.Leaving is null || machine.RunsProgram || machine.Leaving.After == AfterStop.Forget || machine is { IsStored: true, Box: not null }, $"{machine.Name} is to leave, does not run and stays");
                Assert.True(!machine.IsTaken || _taken.Contains(machine.Name), $"{machine.Name} is said to be about to have a snapshot taken of it");
                Assert.Equal(machine.State, _ledger.GetValueOrDefault(machine.Name));
                Assert.True(machine.IsStored == _stored.Contains(machine.Name), $"{machine.Name} is {machine.State}, is said to be on storage: {machine.IsStored}");
                Assert.True(machine.State != MachineState.Hibernated || machine.IsStored, $"{machine.Name} is hibernated and not on storage");
                Assert.True(machine.State != MachineState.Frozen || _frozen.Contains(machine.Name), $"{machine.Name} is said to be frozen and is not");
                Assert.True(machine.State != MachineState.Running || !_frozen.Contains(machine.Name), $"{machine.Name} is said to run and is frozen");
            }
        }

        private void See(MachineAction action)
        {
            Assert.True(!_bench.Application.Gone || action is not MachineAction.SpawnBox || _boxes.Count == 0);
            switch (action)
            {
                case MachineAction.SpawnBox spawn:
                    Assert.True(_boxes.TryAdd(spawn.Machine, spawn.Box), $"{spawn.Machine} has two boxes");
                    Assert.True(spawn.Box > _lastBox, "boxes are numbered upwards");
                    _lastBox = spawn.Box;
                    _held.Remove(spawn.Machine);
                    _taken.Remove(spawn.Machine);
                    if (spawn.IsClone)
                    {
                        Assert.True(_clones.Add(spawn.Machine), $"{spawn.Machine} begins from a snapshot twice");
                        Assert.False(_bench.Application.Machines[spawn.Machine].IsStored, $"{spawn.Machine} is on storage and is to begin from a snapshot");
                    }

                    break;
                case MachineAction.TakeSnapshot take:
                    Assert.Equal(take.Box, _boxes[take.Machine]);
                    Assert.True(_taken.Add(take.Machine), $"{take.Machine} is asked for a snapshot again before it answered");
                    Assert.DoesNotContain(take.Machine, _freezing);
                    Assert.DoesNotContain(take.Machine, _storing);
                    break;
                case MachineAction.DropSnapshot drop:
                    _kinds.Remove(drop.Kind);
                    break;
                case MachineAction.HoldPlaceholders hold:
                    if (_bench.Application.Machines.GetValueOrDefault(hold.Machine) is { HoldsPlaceholders: true })
                    {
                        _held.Add(hold.Machine);
                    }

                    break;
                case MachineAction.ClosePlaceholders close:
                    _held.Remove(close.Machine);
                    break;
                case MachineAction.FreezeBox freeze:
                    Assert.Equal(freeze.Box, _boxes[freeze.Machine]);
                    Assert.False(_bench.Application.Machines[freeze.Machine].IsTaken, $"{freeze.Machine} is to be frozen while a snapshot is taken of it");
                    Assert.True(_freezing.Add(freeze.Machine), $"{freeze.Machine} is asked to freeze again before it answered");
                    Assert.DoesNotContain(freeze.Machine, _frozen);
                    break;
                case MachineAction.StoreBox store:
                    Assert.Equal(store.Box, _boxes[store.Machine]);
                    Assert.True(_storing.Add(store.Machine), $"{store.Machine} is asked to go on storage again before it answered");
                    Assert.Contains(store.Machine, _frozen);
                    break;
                case MachineAction.DropStored drop:
                    Assert.True(_stored.Remove(drop.Machine), $"{drop.Machine} is not on storage");
                    break;
                case MachineAction.ForgetMachine forget:
                    _stored.Remove(forget.Machine);
                    Assert.DoesNotContain(forget.Machine, _boxes.Keys);
                    _held.Remove(forget.Machine);
                    _ledger.Remove(forget.Machine);
                    break;
                case MachineAction.KillBox kill:
                    Assert.Equal(kill.Box, _boxes[kill.Machine]);
                    break;
                case MachineAction.Record record:
                    Assert.Equal(_ledger.GetValueOrDefault(record.Machine), record.From);
                    Assert.NotEqual(record.From, record.To);
                    _ledger[record.Machine] = record.To;
                    break;
                case MachineAction.Finish:
                    Assert.Empty(_boxes);
                    break;
                default:
                    break;
            }
        }
    }
}
