import CallControl
import Core
import Foundation
import TandemTesting
import Testing

@testable import Relocates

@Suite("Relocate: the picture in docs/relocates.md")
struct RelocateDiagramTests {
    private static let until = Date(timeIntervalSince1970: 110)
    private static let phases: [Relocate.Phase] = [
        .starting, .ringing, .answered, .completing(until: until), .waitingForRelocated(until: until),
        .connecting(isParted: false), .connecting(isParted: true), .ending(.completed, hangingUp: [.initiator]),
        .ending(.recipientGone, hangingUp: [.relocated]), .ending(.cancelled, hangingUp: [.recipient]),
        .ended(.completed),
    ]
    private static let user = UserID("u1")
    private static let events: [Relocate.Event] = [
        .requested(by: user), .recipientCalled, .recipientRefused, .recipientAnswered(at: until),
        .completionRequested(by: user, at: until), .cancellationRequested(by: user), .relocatedFound,
        .relocatedRedirected, .relocatedNotMoved, .relocatedArrived, .relocatedLeft, .connected, .connectRefused,
        .gone(.initiator), .gone(.relocated), .gone(.recipient), .deadlinePassed,
    ]

    /// `waiting for relocated` as Mermaid can name it.
    private func name(_ phase: Relocate.Phase) -> String {
        let words = phase.name.split(separator: " ")
        return words.dropFirst().reduce(String(words.first ?? "")) { $0 + $1.capitalized }
    }

    /// The arrows that the machine takes for these events.
    private func edges(_ events: [Relocate.Event]) -> [StateDiagram.Edge: Set<String>] {
        var edges: [StateDiagram.Edge: Set<String>] = [:]
        for phase in Self.phases {
            for completions in [[Relocate.Completion.answer], [.api]] {
                for event in events {
                    guard let next = relocate(phase, completedBy: completions).handle(event)?.next.phase,
                        next.name != phase.name
                    else { continue }
                    edges[StateDiagram.Edge(name(phase), name(next)), default: []].insert(event.name)
                }
            }
        }
        return edges
    }

    @Test("shows each arrow of the machine with its events, and no other")
    func edges() throws {
        let differences = try StateDiagram(page: "relocates.md").differences(from: edges(Self.events))
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }

    @Test("what is seen after a gap leads along the same arrows")
    func sightings() throws {
        var sightings: [Relocate.Event] = []
        for relocated in [nil, .inDialplan, .inStasis, .arrived] as [Relocate.Sighting.Relocated?] {
            for recipient in [nil, .ringing, .answered] as [Relocate.Sighting.Recipient?] {
                for isThere in [true, false] {
                    sightings.append(
                        .seen(
                            Relocate.Sighting(
                                hasInitiator: isThere,
                                relocated: relocated,
                                recipient: recipient,
                                isConnected: false,
                                at: Self.until
                            )
                        )
                    )
                }
            }
        }
        let drawn = try StateDiagram(page: "relocates.md").edges
        for edge in edges(sightings).keys { #expect(drawn[edge] != nil, "\(edge)") }
    }
}
