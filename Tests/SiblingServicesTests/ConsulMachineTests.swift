import Testing

@testable import SiblingServices

@Suite("The registration in Consul as a state machine")
struct ConsulMachineTests {
    private typealias Event = ConsulMachine.Event
    private typealias Effect = ConsulMachine.Effect

    /// The events that lead to a phase.
    private static let paths: [ConsulMachine.Phase: [ConsulMachine.Event]] = [
        .checking: [],
        .registering: [.selfCheckPassed],
        .registered: [.selfCheckPassed, .accepted],
        .deregistering: [.selfCheckPassed, .accepted, .stopping],
        .stopped: [.stopping],
    ]

    private static func machine(_ phase: ConsulMachine.Phase) -> ConsulMachine {
        var machine = ConsulMachine()
        for event in paths[phase] ?? [] { _ = machine.handle(event) }
        return machine
    }

    /// A line of the table: every pair that is not in it is a no-op.
    struct Line: Sendable, CustomTestStringConvertible {
        var from: ConsulMachine.Phase
        var event: ConsulMachine.Event
        var to: ConsulMachine.Phase
        var effects: [ConsulMachine.Effect]
        var testDescription: String { "\(from) + \(event)" }
    }
    private static let table: [Line] = [
        Line(from: .checking, event: .selfCheckPassed, to: .registering, effects: [.register]),
        Line(from: .checking, event: .selfCheckFailed, to: .checking, effects: [.pauseToRetry]),
        Line(from: .checking, event: .paused, to: .checking, effects: [.checkSelf]),
        Line(from: .checking, event: .stopping, to: .stopped, effects: []),
        Line(from: .registering, event: .accepted, to: .registered, effects: [.announce, .pass]),
        Line(from: .registering, event: .refused, to: .registering, effects: [.pauseToRetry]),
        Line(from: .registering, event: .unanswered, to: .registering, effects: [.pauseToRetry]),
        Line(from: .registering, event: .paused, to: .registering, effects: [.register]),
        Line(from: .registering, event: .stopping, to: .deregistering, effects: [.deregister]),
        Line(from: .registered, event: .accepted, to: .registered, effects: [.pauseToRefresh]),
        Line(from: .registered, event: .unanswered, to: .registered, effects: [.pauseToRetry]),
        Line(from: .registered, event: .paused, to: .registered, effects: [.pass]),
        Line(from: .registered, event: .refused, to: .registering, effects: [.pauseToRetry]),
        Line(from: .registered, event: .stopping, to: .deregistering, effects: [.announceEnd, .deregister]),
        Line(from: .deregistering, event: .accepted, to: .stopped, effects: []),
        Line(from: .deregistering, event: .refused, to: .stopped, effects: []),
        Line(from: .deregistering, event: .unanswered, to: .stopped, effects: []),
    ]

    @Test("each line of the table", arguments: table)
    func lines(line: Line) {
        var machine = Self.machine(line.from)
        #expect(machine.phase == line.from)
        let effects = machine.handle(line.event)
        #expect(effects == line.effects)
        #expect(machine.phase == line.to)
    }

    @Test("what is not in the table changes nothing")
    func others() {
        let events: [Event] = [
            .selfCheckPassed, .selfCheckFailed, .paused, .accepted, .refused, .unanswered, .stopping,
        ]
        var count = 0
        for phase in Self.paths.keys {
            for event in events where !Self.table.contains(where: { $0.from == phase && $0.event == event }) {
                let before = Self.machine(phase)
                var machine = before
                #expect(machine.handle(event) == [])
                #expect(machine == before)
                count += 1
            }
        }
        #expect(count == 5 * events.count - Self.table.count)
    }

    @Test("who was forgotten registers again, without a second announcement, and is still announced as gone")
    func forgotten() {
        var machine = Self.machine(.registered)
        #expect(machine.handle(.refused) == [.pauseToRetry])
        #expect(machine.handle(.paused) == [.register])
        #expect(machine.handle(.accepted) == [.pass])
        #expect(machine.handle(.accepted) == [.pauseToRefresh])
        #expect(machine.handle(.stopping) == [.announceEnd, .deregister])
    }
}
