import FastAGI

/// `callerid_extend`: keeps the caller's type of number for the dialplan (contract 41).
struct CallerIDExtend: AGIHandler {
    let name = "callerid_extend"

    func run(_ session: AGISession) async throws {
        guard let typeOfNumber = session.environment.bytes("agi_callington") else { return }
        _ = try await BestEffort.run(name, session) {
            try await session.setVariable("WAZO_SRCTON", bytes: typeOfNumber)
        }
    }
}
