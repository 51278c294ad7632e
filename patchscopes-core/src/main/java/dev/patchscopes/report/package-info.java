/**
 * Results to look at: heat maps, charts and tables, in a terminal, as SVG and PNG images, and as
 * pages for a browser that need nothing else, neither a network nor a server.
 *
 * <p>Every result of the library is {@link dev.patchscopes.report.Viewable}; what it shows is made
 * of {@link dev.patchscopes.report.Heatmap}, {@link dev.patchscopes.report.LineChart}, {@link
 * dev.patchscopes.report.BarChart} and {@link dev.patchscopes.report.Table}, which are values that
 * a program can make of its own numbers too.
 */
package dev.patchscopes.report;
