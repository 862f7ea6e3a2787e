/* SPDX-License-Identifier: GPL-2.0 */
/* Sound, by the kernel's own interface: 16 bits, stereo, 48 kHz. */
#ifndef XEN_DMA_SOUND_PCM_H
#define XEN_DMA_SOUND_PCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATE		48000
#define FRAME		4	/* bytes */
#define FRAMES		16384	/* of the buffer, which is all that the device has */

struct pcm {
	int fd;
	int16_t *frames;	/* mapped */
};

/* Each of these ends the test as failed if the kernel says no. */
struct pcm pcm_open(const char *path, bool playback);
void pcm_fill(const struct pcm *p);	/* tells that the buffer is full of new sound */
void pcm_start(const struct pcm *p);
void pcm_drain(const struct pcm *p);	/* waits until all was played */
size_t pcm_position(const struct pcm *p);	/* in frames, as the device has come */

/* No channel of the card is muted, and each as loud as it goes. */
void mixer_open_up(const char *path);

#endif /* XEN_DMA_SOUND_PCM_H */
