/// The part of the page's style that other HTML pages have, too: colors, type, tables, tinted text.
public let reportStyle = "\(embeddedReportStyle)"
