/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ask the fault detector before and after each test.  A fixture calls
 * watch_begin() in its setup and watch_end() in FIXTURE_TEARDOWN_PARENT().  The
 * latter runs in another process, so it runs also if the test was killed.
 */
#ifndef XEN_DMA_WATCH_H
#define XEN_DMA_WATCH_H

/* Call once, before the first test. */
void watch_init(void);

/* Take the hits since the last test: they belong to no test. */
void watch_begin(void);

/* End the test as failed if the detector has seen something, or missed it. */
void watch_end(void);

/* End the test as failed if there were hits that belong to no test. */
void watch_stray(void);

#endif /* XEN_DMA_WATCH_H */
