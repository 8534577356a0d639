import Telephony

/// A gap in the events of the manager interface, which no other feed fills: each connection asks for a look at Asterisk.
struct ManagerGap: ManagerEventReceiving {
    /// Asks for a look at Asterisk, and does not wait for it.
    let look: @Sendable () async -> Void

    func wants(_ name: String) -> Bool { false }
    func receive(_ event: ManagerEvent) async {}
    /// Events before this were missed, those of the first connection too: a recovery that came before it could not ask.
    func managerConnected() async { await look() }
    /// The next connection looks.
    func managerDisconnected() async {}
}
