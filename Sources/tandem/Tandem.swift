import ArgumentParser

@main
struct Tandem: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The call application gateway beside Asterisk.")
}
