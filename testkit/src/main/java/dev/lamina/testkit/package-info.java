/** What a test of Lamina, or of a backend, stands on. */
@NullMarked
package dev.lamina.testkit;

import org.jspecify.annotations.NullMarked;
