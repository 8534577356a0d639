import Synchronization

/// The way through the dialplan into a Stasis application.
///
/// Who answers an origination while the application is away, for the time of a restart for instance, is hung up by
/// Asterisk. Where the dialplan has the entrance, they hear music instead and are let in when the application is back,
/// within half a minute (`dialplan/convert-to-stasis.conf`).
public final class StasisEntrance: Sendable {
    /// Where it begins. The extension is `s`, which Asterisk gives those who come without the dialplan too: clients see
    /// it as what was dialled.
    public static let place = DialplanPlace(context: "tandem-stasis", exten: "s")
    /// Channel variables that the place reads; clients cannot set them.
    private static let application = "TANDEM_APPLICATION"
    private static let arguments = "TANDEM_ARGUMENTS"

    private let isThere = Mutex(false)

    /// An entrance that is not known to be in the dialplan.
    public init() {}

    /// Whether the dialplan has it.
    public var isInDialplan: Bool { isThere.withLock { $0 } }

    /// Notes whether the dialplan has it.
    public func found(_ isInDialplan: Bool) { isThere.withLock { $0 = isInDialplan } }

    /// The same call, which reaches its application through the dialplan when that has the entrance.
    public func leading(_ origination: Origination) -> Origination {
        guard isInDialplan, case .application(let name, let arguments) = origination.destination else {
            return origination
        }
        var led = origination
        led.destination = .dialplan(Self.place)
        led.variables[Self.application] = name
        led.variables[Self.arguments] = arguments.joined(separator: ",")
        return led
    }
}
