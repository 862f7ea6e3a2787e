// SPDX-License-Identifier: GPL-2.0
/*
 * A sound card in a dom0.  It must play the data that a process writes to its
 * mapping of the buffer.  The process must find recorded data in its mapping.
 */
#include "kselftest_harness.h"

#include "../outcome.h"
#include "pcm.h"

/* Seconds: the machine is emulated. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	240

/* The rig keeps the sound of the first card; the second card records silence. */
#define PLAYS		"/dev/snd/pcmC0D0p"
#define MIXER		"/dev/snd/controlC0"
#define RECORDS		"/dev/snd/pcmC1D0c"

#define PARTS		4
/* Frames of silence before and after: QEMU loses some when it starts or stops. */
#define QUIET		(FRAMES / 8)
#define LOUD		(FRAMES - 2 * QUIET)

/* Return a sample of a rising chord: triangles, never 0, left and right differ. */
static int16_t sample(unsigned int part, unsigned int frame, unsigned int right)
{
	static const unsigned int steps[] = { 262, 330, 392, 523 };
	unsigned int hertz = steps[part] << right;
	unsigned int phase = (uint64_t)frame * hertz % RATE * 4096 / RATE;
	int level = phase < 2048 ? (int)phase - 1024 : 3071 - (int)phase;

	return level * 8 | 1;
}

/* Return the CRC-32 after one more sample. */
static uint32_t crc32_of(uint32_t crc, int16_t sample)
{
	unsigned int bit;

	crc = ~crc ^ (uint16_t)sample;	/* two bytes, the less significant first */
	for (bit = 0; bit < 16; bit++)
		crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	return ~crc;
}

/* x86 is coherent, and has no fault detector. */
FIXTURE(sound) {
};

FIXTURE_SETUP(sound)
{
}

FIXTURE_TEARDOWN(sound)
{
}

TEST_F(sound, playback)
{
	unsigned int i, part;
	struct pcm p;
	uint32_t crc;

	mixer_open_up(MIXER);
	p = pcm_open(PLAYS, true);
	for (part = 0; part < PARTS; part++) {
		crc = 0;
		for (i = 0; i < FRAMES * 2; i++)
			p.frames[i] = 0;
		for (i = 0; i < LOUD * 2; i++) {
			int16_t s = sample(part, i / 2, i % 2);

			p.frames[QUIET * 2 + i] = s;
			crc = crc32_of(crc, s);
		}
		pcm_fill(&p);
		pcm_start(&p);
		pcm_drain(&p);
		/* The rig compares its file with this CRC-32. */
		printf("# sound of %u frames, crc32 %08x\n", LOUD, crc);
	}
}

TEST_F(sound, capture)
{
	struct pcm p = pcm_open(RECORDS, false);
	unsigned int i, tries, wrong = 0;
	size_t end = 0;

	for (i = 0; i < FRAMES * 2; i++)
		p.frames[i] = sample(0, i / 2, i % 2);
	pcm_start(&p);
	for (tries = 0; tries < 200 && end < FRAMES / 2; tries++) {
		usleep(50000);
		end = pcm_position(&p);
	}
	if (end < FRAMES / 2)
		fail("only %zu frames were recorded", end);
	for (i = 0; i < FRAMES / 2 * 2; i++)
		wrong += p.frames[i] != 0;
	if (wrong)
		fail("%u of %u samples are not what was recorded", wrong, FRAMES);
}

TEST_HARNESS_MAIN
