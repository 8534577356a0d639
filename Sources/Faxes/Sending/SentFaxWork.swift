import CallControl
import CallRequests
import Core
import Events
import Foundation
import Logging
import Persistence
import Processes
import Telephony

/// The effects of a fax that is sent, each of which can be repeated without harm.
struct SentFaxWork: AggregateWork {
    typealias Machine = SentFax
    typealias Outcome = EffectOutcome<SentFax.Event>

    let ports: SentFaxPorts
    let spool: SentFaxSpool
    let conversion: PDFConversion

    func perform(_ effect: SentFax.Effect, of fax: SentFax) async -> Outcome {
        switch effect {
        case .convert: await convert(fax)
        case .dial: await dial(fax)
        case .hangUp: await hangUp(fax)
        case .check: await check(fax)
        case .removeFiles: await removeFiles(of: fax)
        }
    }

    func messages(for notice: SentFax.Notice, of fax: SentFax, at time: Date) -> [BusMessage] {
        fax.events(for: notice).map { ports.envelope.message(for: $0, at: time) }
    }

    // MARK: Effects

    private func convert(_ fax: SentFax) async -> Outcome {
        do {
            guard
                let pages = try await conversion.convert(
                    spool.pdf(of: fax.id),
                    to: spool.tiff(of: fax.id),
                    fax.request.resolution
                )
            else {
                let cause = await spool.isFull() ? Failure.faxSpool("No space left on device") : .faxConversion
                return .failed(.notConverted, cause)
            }
            try await spool.finish(fax.id)
            return .happened(.converted(pages: pages, at: ports.clock.now))
        } catch {
            log("not converted", fax, error)
            return .failed(.notConverted, .faxConversion)
        }
    }

    private func dial(_ fax: SentFax) async -> Outcome {
        do {
            try await spool.prepare(fax.id, attempt: fax.attempt)
            guard let call = fax.origination(spool.tiff(of: fax.id, attempt: fax.attempt)) else {
                return .failed(
                    .notDialled(error: "INVALID_EXTENSION", at: ports.clock.now),
                    .invalidExtension(DialplanPlace(context: fax.request.context, exten: fax.request.exten))
                )
            }
            try await ports.channels.originate(call)
            return .happened(.dialled)
        } catch TelephonyFailure.conflict {
            // It was dialled before, by one who was not told.
            return .happened(.dialled)
        } catch TelephonyFailure.unreachable(let text) {
            return .unknown(text)
        } catch let failure as TelephonyFailure {
            log("not dialled", fax, failure)
            let error = failure.answer.map { "ORIGINATE_\($0.status)" } ?? "NOT_DIALLED"
            return .failed(.notDialled(error: error, at: ports.clock.now), ports.failures.failure(for: failure))
        } catch {
            log("not dialled", fax, error)
            return .failed(.notDialled(error: "FILE_ERROR", at: ports.clock.now), .faxConversion)
        }
    }

    private func hangUp(_ fax: SentFax) async -> Outcome {
        do {
            try await ports.channels.hangUp(fax.channel)
        } catch TelephonyFailure.notFound {
            // It is gone, as we want.
        } catch {
            return .unknown("\(error)")
        }
        return .done
    }

    private func check(_ fax: SentFax) async -> Outcome {
        do {
            return .happened(try await look(at: fax))
        } catch {
            return .unknown("\(error)")
        }
    }

    private func removeFiles(of fax: SentFax) async -> Outcome {
        do {
            try await spool.remove(fax.id)
        } catch {
            // The sweep of the next start finds them.
            log("files not removed", fax, error)
        }
        await forgetResult(of: fax)
        return .done
    }

    // MARK: Looking

    func look(at fax: SentFax) async throws -> SentFax.Event {
        let channel = try await ports.channels.channel(fax.channel)
        var sighting = SentFax.Sighting(isThere: channel != nil, isUp: channel?.state == "Up", at: ports.clock.now)
        if channel == nil {
            do {
                sighting.report = try await storedResult(of: fax)
            } catch let failure as ManagerFailure {
                log("result not known", fax, failure)
                sighting.isResultKnown = false
            }
        }
        return .seen(sighting)
    }

    /// Family of Asterisk's database in which our dialplan keeps the results (`dialplan/fax.conf`).
    private static let family = "tandem-fax"

    /// What the dialplan kept of the result: its event may have come while we were away.
    /// - Returns: `nil` when Asterisk says that it has kept none.
    /// - Throws: ``ManagerFailure`` when Asterisk cannot be asked; `CancellationError`.
    func storedResult(of fax: SentFax) async throws -> SentFax.Report? {
        let action = ManagerAction("DBGet", ["Family": Self.family, "Key": fax.channel.rawValue])
        do {
            let answer = try await ports.manager.send(action)
            return answer.lazy.compactMap { $0["Val"] }.first.flatMap { SentFax.Report(stored: $0) }
        } catch ManagerFailure.refused(message: "Database entry not found", _) {
            return nil
        }
    }

    private func forgetResult(of fax: SentFax) async {
        for attempt in 1...fax.attempt {
            let key = attempt == 1 ? fax.id : "\(fax.id)-\(attempt)"
            _ = try? await ports.manager.send(ManagerAction("DBDel", ["Family": Self.family, "Key": key]))
        }
    }

    private func log(_ text: Logger.Message, _ fax: SentFax, _ error: any Error) {
        ports.logger.warning(text, metadata: ["fax": "\(fax.id)", "error": "\(error)"])
    }
}

extension SentFax {
    /// The call that sends it (contract 30 §5); `nil` when its destination cannot be dialled.
    func origination(_ file: String) -> Origination? {
        let place = DialplanPlace(context: request.context, exten: request.exten)
        guard let endpoint = DialString.local(place) else { return nil }
        return Origination(
            channel: channel,
            endpoint: endpoint,
            destination: .dialplan(DialplanPlace(context: "txfax", exten: "s")),
            callerID: request.callerID,
            variables: [
                "WAZO_FAX_DESTINATION_CONTEXT": request.context,
                "WAZO_FAX_DESTINATION_EXTENSION": request.exten,
                "WAZO_FAX_DESTINATION_IVR_EXTENSION": request.ivrExtension ?? "",
                "WAZO_FAX_DESTINATION_WAIT_TIME": request.waitTime.map { "\($0)" } ?? "",
                "WAZO_TENANT_UUID": tenant.rawValue, "XIVO_FAX_PATH": file,
                "WAZO_USERUUID": request.user?.rawValue ?? "",
            ]
        )
    }
}

extension SentFax.Report {
    /// Fields of event `FaxProgress`, by any reader.
    /// - Returns: `nil` when it tells no result.
    init?(_ field: (String) -> String?) {
        func text(_ name: String) -> String? { field(name).flatMap { $0.isEmpty ? nil : $0 } }
        switch field("STATUS") {
        case "SUCCESS": error = nil
        case "FAILED": error = text("ERROR") ?? text("STATUSSTR") ?? "UNKNOWN"
        default: return nil
        }
        pages = text("PAGES").flatMap { Int($0) }
        rate = text("RATE").flatMap { Int($0) }
        remoteStation = text("REMOTESTATIONID")
    }

    /// `STATUS|ERROR|PAGES|RATE|REMOTESTATIONID`, as our dialplan keeps it.
    init?(stored text: String) {
        let parts = text.parts(separatedBy: "|", most: 5, keepingEmpty: true)
        guard parts.count == 5 else { return nil }
        let names = ["STATUS", "ERROR", "PAGES", "RATE", "REMOTESTATIONID"]
        self.init { name in names.firstIndex(of: name).map { parts[$0] } }
    }
}
