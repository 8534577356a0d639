public import Core
public import Directory
public import FastAGI

/// The in-dialplan handlers: what the dialplan asks before it rings anybody (contract 41).
///
/// They read the directory and write channel variables. Which of them may cost a call when the
/// database is away, and which may not, is the policy of contract 41 §7 row 1.
public struct Agid: Sendable {
    /// One handler per script name, for `FastAGIServer`.
    public let handlers: [any AGIHandler]

    /// The handlers over their directories.
    /// - Parameters:
    ///   - incalls: Incoming calls.
    ///   - schedules: Opening hours.
    ///   - switchboards: Timeouts and fallbacks of switchboards.
    ///   - clock: The time that schedules are compared with.
    ///   - inCallerIDRules: Rules that turn a caller's number into one that can be dialled.
    ///   - numbers: Numbering plans.
    ///   - userCalls: Users and the calls that they get and make; `nil`: without these handlers.
    ///   - queueCalls: Groups, queues and agents; `nil`: without these handlers.
    ///   - featureCalls: Feature codes, voicemail and rooms; `nil`: without these handlers.
    ///   - faxes: Who takes received faxes; `nil`: without `handle_fax`.
    public init(
        incalls: any IncallDirectory,
        schedules: any ScheduleDirectory,
        switchboards: any SwitchboardFeaturesDirectory,
        clock: any WallClock,
        inCallerIDRules: InCallerIDRuleFile,
        numbers: any PhoneNumberReading = InternationalNumbers(),
        userCalls: UserCalls? = nil,
        queueCalls: QueueCalls? = nil,
        featureCalls: FeatureCalls? = nil,
        faxes: (any ReceivedFaxHandling)? = nil
    ) {
        let users = userCalls?.handlers ?? []
        let queues = queueCalls?.handlers ?? []
        let features = featureCalls?.handlers ?? []
        handlers =
            [
                CallerIDExtend(),
                InCallerID(rules: inCallerIDRules),
                CallerIDForPhones(names: featureCalls?.callerNames, numbers: numbers),
                IncomingDIDSetFeatures(incalls: incalls),
                CheckSchedule(schedules: schedules, clock: clock),
                SwitchboardSetFeatures(switchboards: switchboards),
            ] + users + queues + features + (faxes.map { [HandleFax(faxes: $0)] } ?? [])
    }
}
