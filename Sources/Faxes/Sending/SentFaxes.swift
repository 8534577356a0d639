public import CallControl
import Core
import Foundation
import Logging
import Persistence
import Processes
public import ServiceLifecycle
import Synchronization
public import Telephony

/// Sending faxes: a PDF comes, is converted, and goes out over a call; each fax is a job that survives us.
///
/// ## A fax's journey
/// 1. A client posts a PDF (`FaxRoutes`). The extension is checked, then the document is written to our spool.
/// 2. A `SentFax` is stored, the PDF converted (`PDFConversion`), and the far end called with a Local channel that runs
///    `txfax` of the dialplan when it is answered; clients hear `fax_outbound_created`.
/// 3. The dialplan tells the result (`FaxProgress`), on the feed and over the manager interface; the channel's end alone
///    tells of one that was busy or did not answer. Clients hear `fax_outbound_succeeded` or `fax_outbound_failed`, once.
/// 4. A failed one may be tried again (`SentFaxConfiguration.retries`). After its time the job goes, with its files.
///
/// ## Where to look
/// - `SentFax`, `+Transitions`: the state machine, a pure value; `+Row`: its row.
/// - `SentFaxWork`: conversion and calls. `SentFaxSpool`: files.
///
/// Source: contract 30.
public final class SentFaxes: Service, EventReceiving, Restoring, Recovering {
    let ports: SentFaxPorts
    let configuration: SentFaxConfiguration
    let spool: SentFaxSpool
    let aggregates: Aggregates<SentFaxWork>
    private let work: SentFaxWork
    private let isSwept = Mutex(false)
    /// Faxes whose document is arriving: no job has them yet.
    private let arriving = Mutex<Set<String>>([])

    /// Faxes that are sent through these ports.
    public init(_ configuration: SentFaxConfiguration, ports: SentFaxPorts) {
        self.ports = ports
        self.configuration = configuration
        let spool = SentFaxSpool(folder: configuration.folder)
        self.spool = spool
        work = SentFaxWork(
            ports: ports,
            spool: spool,
            conversion: PDFConversion(
                program: configuration.converter,
                processes: ports.processes,
                mostPages: configuration.mostPages,
                limit: .seconds(configuration.conversionLimit)
            )
        )
        aggregates = Aggregates(
            work: work,
            store: ports.store,
            cleanup: ports.cleanup,
            clock: ports.clock,
            logger: ports.logger
        )
    }

    /// Runs the jobs until shutdown.
    public func run() async throws { try await aggregates.run() }

    var limits: SentFax.Limits {
        SentFax.Limits(
            retries: configuration.retries,
            pause: configuration.retryPause,
            keep: configuration.keep
        )
    }

    /// Makes room for another fax: of those that have ended the oldest go before their time. `DELETE` by nobody.
    func makeRoom() async {
        let present = aggregates.machines
        guard present.count >= configuration.mostKept else { return }
        let ended = present.filter(\.phase.isOver).sorted {
            ($0.endedAt ?? $0.createdAt) < ($1.endedAt ?? $1.createdAt)
        }
        // Some more than this one needs, so that not each has to look at all.
        let count = present.count - configuration.mostKept + max(configuration.mostKept / 20, 1)
        for fax in ended.prefix(count) { await aggregates.send(.discarded(by: nil), to: fax.id) }
        if !ended.isEmpty {
            ports.logger.notice("ended faxes go early", metadata: ["count": "\(min(count, ended.count))"])
        }
    }

    /// Keeps the sweep away from a document that is arriving.
    func isArriving(_ fax: String, _ isArriving: Bool) {
        arriving.withLock { set in
            if isArriving { set.insert(fax) } else { set.remove(fax) }
        }
    }

    // MARK: Events

    /// What concerns the channels of our faxes, in whatever application it is told.
    public func wants(_ head: EventHead) -> Bool {
        switch head.type {
        case "ChannelStateChange", "ChannelUserevent", "ChannelDestroyed":
            head.channel.map { !aggregates.owners(of: $0).isEmpty } ?? false
        case "Dial":
            head.peer.map { !aggregates.owners(of: $0).isEmpty } ?? false
        default: false
        }
    }

    /// Puts the event into the mailbox of its fax; waits while that is full.
    public func receive(_ event: AsteriskEvent, head: EventHead) async {
        let now = ports.clock.now
        switch event.kind {
        case .channelStateChange(let channel) where channel.state == "Up":
            await tell(channel.id, .answered(channel.id, at: now))
        case .userEvent("FaxProgress", let channel?, _, let fields):
            guard let report = SentFax.Report({ fields[$0]?.string }) else { return }
            await tell(channel.id, .reported(channel.id, report, at: now))
        case .dial(let progress):
            guard let error = SentFax.Errors.text(ofDialStatus: progress.status) else { return }
            await tell(progress.peer.id, .refused(progress.peer.id, error: error, at: now))
        case .channelDestroyed(let channel, let cause):
            await tell(channel.id, .gone(channel.id, cause: cause, at: now))
        default: break
        }
    }

    private func tell(_ channel: ChannelID, _ event: SentFax.Event) async {
        for id in aggregates.owners(of: channel) { await aggregates.send(event, to: id) }
    }

    /// Nothing: recovery follows.
    public func feedConnected() async {}
    /// Nothing: calls stay where they are, in Asterisk.
    public func feedDisconnected() async {}

    // MARK: Recovery

    /// Reads the jobs that have not ended.
    /// - Throws: `DatabaseFailure` while they cannot be read.
    public func restore() async throws { try await aggregates.restore() }

    /// Resumes or ends every fax according to what Asterisk shows; files that belong to none are removed, once.
    /// - Throws: `DatabaseFailure` while the stored faxes cannot be read.
    public func recover(from snapshot: AsteriskSnapshot) async throws {
        try await aggregates.recover(from: snapshot)
        if isSwept.withLock({ $0 }) { return }
        let kept = Set(aggregates.machines.map(\.id)).union(arriving.withLock { $0 })
        do {
            let count = try await spool.sweep(keeping: kept)
            if count > 0 { ports.logger.notice("files of no fax removed", metadata: ["count": "\(count)"]) }
            isSwept.withLock { $0 = true }
        } catch {
            ports.logger.warning("files of no fax not removed", metadata: ["cause": "\(error)"])
        }
    }
}

extension SentFaxes: ManagerEventReceiving {
    /// `UserEvent` alone: the result also comes where the feed was away.
    public func wants(_ name: String) -> Bool { name == "UserEvent" }

    /// Event `FaxProgress` (contract 30 §6).
    public func receive(_ event: ManagerEvent) async {
        guard event["UserEvent"] == "FaxProgress", let id = event["Uniqueid"],
            let report = SentFax.Report({ event[$0] })
        else { return }
        await tell(ChannelID(id), .reported(ChannelID(id), report, at: ports.clock.now))
    }

    /// Results that were told meanwhile are asked for: the dialplan keeps them.
    public func managerConnected() async {
        for fax in aggregates.machines where fax.awaitsResult {
            do {
                guard let report = try await work.storedResult(of: fax) else { continue }
                await tell(fax.channel, .reported(fax.channel, report, at: ports.clock.now))
            } catch {
                ports.logger.warning("result not known", metadata: ["fax": "\(fax.id)", "cause": "\(error)"])
            }
        }
    }
    /// Nothing.
    public func managerDisconnected() async {}
}
