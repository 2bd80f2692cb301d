/** One program for each task; each prints what it does, and a test runs it. */
@NullMarked
package dev.lamina.examples;

import org.jspecify.annotations.NullMarked;
