import ArgumentParser

@main
struct FirstCall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Places one real SIP call through Tandem.")
}
