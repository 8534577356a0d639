public import CallControl
public import CallRequests
public import Core
public import Directory
public import Events
public import Logging
public import Telephony

/// How phones are made to hold, resume and answer.
public enum PhoneWay: Sendable {
    /// By the service that speaks each vendor's language.
    case service(any PhoneControlling)
    /// By a SIP NOTIFY on the call, event `hold` or `talk`, which most desk phones obey.
    case notification
}

/// What calls work with.
public struct CallPorts: Sendable {
    /// Asterisk's channels.
    public var channels: any ChannelControlling
    /// Asterisk's bridges.
    public var bridges: any BridgeControlling
    /// Asterisk's endpoints.
    public var endpoints: any EndpointListing
    /// Asterisk's Stasis applications.
    public var applications: any ApplicationSubscribing
    /// Channel variables.
    public var variables: LiveVariables
    /// Asterisk's manager interface.
    public var manager: any ManagerControlling
    /// Users and their lines.
    public var users: any UserDirectory
    /// Where clients may call.
    public var destinations: Destinations
    /// How phones are controlled.
    public var phones: PhoneWay
    /// Calls kept from events; `nil`: Asterisk is asked for each request and each event.
    public var registry: CallRegistry?
    /// Who ends the conversations that are begun here.
    public var cleanup: LoneChannelCleanup
    /// Publishes an event in order, at once.
    public var publish: @Sendable (BusEvent) -> Void
    /// Takes a measurement, at once.
    public var measure: @Sendable (CollectdMeasurement) -> Void
    /// The master tenant, once it is known.
    public var masterTenant: @Sendable () -> TenantID?
    /// What clients are told of Asterisk's failures.
    public var failures: AsteriskFailures
    /// What clients are told of the manager interface's failures.
    public var managerFailures: ManagerFailures
    /// Whether `call_ended` shows caller and peer the other way round than all other events (contract 10 §6 row 1).
    public var swapsEndedParties: Bool
    /// The time of day.
    public var clock: any WallClock
    /// Base logger.
    public var logger: Logger

    /// Ports with all their parts.
    /// - Parameter asterisk: All that is done over Asterisk's REST interface.
    public init(
        asterisk: any ChannelControlling & BridgeControlling & EndpointListing & ApplicationSubscribing,
        variables: LiveVariables,
        manager: any ManagerControlling,
        users: any UserDirectory,
        destinations: Destinations,
        phones: PhoneWay,
        registry: CallRegistry?,
        cleanup: LoneChannelCleanup,
        publish: @escaping @Sendable (BusEvent) -> Void,
        measure: @escaping @Sendable (CollectdMeasurement) -> Void,
        masterTenant: @escaping @Sendable () -> TenantID?,
        failures: AsteriskFailures,
        managerFailures: ManagerFailures,
        swapsEndedParties: Bool = true,
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        channels = asterisk
        bridges = asterisk
        endpoints = asterisk
        applications = asterisk
        self.variables = variables
        self.manager = manager
        self.users = users
        self.destinations = destinations
        self.phones = phones
        self.registry = registry
        self.cleanup = cleanup
        self.publish = publish
        self.measure = measure
        self.masterTenant = masterTenant
        self.failures = failures
        self.managerFailures = managerFailures
        self.swapsEndedParties = swapsEndedParties
        self.clock = clock
        self.logger = logger
    }
}
