import ARI
import CallControl
import Calls
import Directory
import Logging
import ParkingLots
import Telephony

/// Parking lots on the calls that are parked.
enum ParkingPart {
    static func parkingLots(
        _ settings: Settings,
        ari: ARIClient,
        manager: any ManagerControlling,
        part: CallsPart,
        lots: any ParkingLotDirectory,
        logger: Logger
    ) -> ParkingLots {
        let calls = part.calls
        return ParkingLots(
            ports: ParkingPorts(
                channels: ari,
                bridges: ari,
                variables: part.variables,
                manager: manager,
                calls: ParkableCalls(
                    set: { try await calls.set($0, to: $1, of: $2) },
                    publishUpdate: { try await calls.publishUpdate(of: $0) },
                    publish: { await calls.publish($0) }
                ),
                lots: lots,
                failures: AsteriskFailures(baseURL: settings.ari.displayedBaseURL),
                managerFailures: settings.managerFailures,
                logger: logger
            )
        )
    }
}
