/*
 * siphash_loop: inside siphash.c, which includes this once for each kind of machine: eight texts side by side, with
 *
 *	SIP_NAME(what)		what a thing of this kind is called
 *	SIP_TARGET		the instructions that it may use
 *	SIP_TURN(x, by)		gives each lane of x turned left by so many bits
 */

struct SIP_NAME(lanes) {
	__m256i a, b, c, d;
};

SIP_TARGET static inline struct SIP_NAME(lanes) SIP_NAME(rounds)(struct SIP_NAME(lanes) v, int n)
{
	for (int i = 0; i < n; i++) {
		v.a = _mm256_add_epi64(v.a, v.b);
		v.c = _mm256_add_epi64(v.c, v.d);
		v.b = _mm256_xor_si256(SIP_TURN(v.b, 13), v.a);
		v.d = _mm256_xor_si256(SIP_TURN(v.d, 16), v.c);
		v.a = SIP_TURN(v.a, 32);
		v.c = _mm256_add_epi64(v.c, v.b);
		v.a = _mm256_add_epi64(v.a, v.d);
		v.b = _mm256_xor_si256(SIP_TURN(v.b, 17), v.c);
		v.d = _mm256_xor_si256(SIP_TURN(v.d, 21), v.a);
		v.c = SIP_TURN(v.c, 32);
	}
	return v;
}

SIP_TARGET static inline struct SIP_NAME(lanes)
	SIP_NAME(take_in)(struct SIP_NAME(lanes) v, __m256i m)
{
	v.d = _mm256_xor_si256(v.d, m);
	v = SIP_NAME(rounds)(v, 2);
	v.a = _mm256_xor_si256(v.a, m);
	return v;
}

/* The lanes of b where live is set, else those of a. */
SIP_TARGET static inline struct SIP_NAME(lanes)
	SIP_NAME(choose)(struct SIP_NAME(lanes) a, struct SIP_NAME(lanes) b, __m256i live)
{
	return (struct SIP_NAME(lanes)){
		_mm256_blendv_epi8(a.a, b.a, live),
		_mm256_blendv_epi8(a.b, b.b, live),
		_mm256_blendv_epi8(a.c, b.c, live),
		_mm256_blendv_epi8(a.d, b.d, live),
	};
}

SIP_TARGET static inline __m256i SIP_NAME(over_all)(struct SIP_NAME(lanes) v)
{
	return _mm256_xor_si256(_mm256_xor_si256(v.a, v.b), _mm256_xor_si256(v.c, v.d));
}

SIP_TARGET static inline struct SIP_NAME(lanes) SIP_NAME(begin)(const struct tg_siphash_key *key)
{
	struct sip v = begin(key);

	return (struct SIP_NAME(lanes)){
		_mm256_set1_epi64x((long long)v.a),
		_mm256_set1_epi64x((long long)v.b),
		_mm256_set1_epi64x((long long)v.c),
		_mm256_set1_epi64x((long long)v.d),
	};
}

SIP_TARGET static inline void SIP_NAME(end)(struct SIP_NAME(lanes) v, uint64_t low[LANES],
					    uint64_t high[LANES])
{
	v.c = _mm256_xor_si256(v.c, _mm256_set1_epi64x(0xee));
	v = SIP_NAME(rounds)(v, 4);
	_mm256_storeu_si256((__m256i *)(void *)low, SIP_NAME(over_all)(v));
	v.b = _mm256_xor_si256(v.b, _mm256_set1_epi64x(0xdd));
	v = SIP_NAME(rounds)(v, 4);
	_mm256_storeu_si256((__m256i *)(void *)high, SIP_NAME(over_all)(v));
}

/* Two words of each of four texts. */
SIP_TARGET static inline __m256i SIP_NAME(pair)(const unsigned char *p, const unsigned char *q)
{
	return _mm256_inserti128_si256(
		_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)p)),
		_mm_loadu_si128((const __m128i *)(const void *)q), 1);
}

SIP_TARGET static inline struct SIP_NAME(lanes)
	SIP_NAME(take_in_two)(struct SIP_NAME(lanes) v, const unsigned char *const p[LANES],
			      size_t at)
{
	__m256i even = SIP_NAME(pair)(p[0] + at, p[2] + at),
		odd = SIP_NAME(pair)(p[1] + at, p[3] + at);

	v = SIP_NAME(take_in)(v, _mm256_unpacklo_epi64(even, odd));
	return SIP_NAME(take_in)(v, _mm256_unpackhi_epi64(even, odd));
}

/* Word j of each of four texts, of which one that is at its end is left as it is. */
SIP_TARGET static inline struct SIP_NAME(lanes)
	SIP_NAME(take_in_live)(struct SIP_NAME(lanes) v, const unsigned char *const p[LANES],
			       const uint64_t words[LANES], const uint64_t last[LANES], size_t j)
{
	long long m[LANES];
	__m256i live = _mm256_cmpgt_epi64(_mm256_set1_epi64x((long long)j),
					  _mm256_loadu_si256((const __m256i *)(const void *)words));

	for (size_t i = 0; i < LANES; i++)
		m[i] = (long long)load(j < words[i] ? p[i] + 8 * j
						    : (const unsigned char *)&last[i]);
	return SIP_NAME(choose)(SIP_NAME(take_in)(v, _mm256_setr_epi64x(m[0], m[1], m[2], m[3])), v,
				live);
}

/* The first `count` digests of the eight are wanted. */
SIP_TARGET static void SIP_NAME(eight)(const struct tg_siphash_key *key, const struct tg_str *text,
				       unsigned char (*out)[TG_SIPHASH_SIZE], size_t count)
{
	const unsigned char *p[EIGHT];
	uint64_t words[EIGHT], least = UINT64_MAX, most = 0;
	uint64_t last[EIGHT], low[EIGHT], high[EIGHT];
	struct SIP_NAME(lanes) v = SIP_NAME(begin)(key), w = v;
	size_t j;

	for (size_t i = 0; i < EIGHT; i++) {
		p[i] = (const unsigned char *)text[i].p;
		words[i] = text[i].n / 8;
		store((unsigned char *)&last[i], tail(p[i], text[i].n));
		least = words[i] < least ? words[i] : least;
		most = words[i] > most ? words[i] : most;
	}
	for (j = 0; j + 2 <= least; j += 2) {
		v = SIP_NAME(take_in_two)(v, p, 8 * j);
		w = SIP_NAME(take_in_two)(w, p + LANES, 8 * j);
	}
	for (; j <= most; j++) { /* a text that is at its end waits for the others */
		v = SIP_NAME(take_in_live)(v, p, words, last, j);
		w = SIP_NAME(take_in_live)(w, p + LANES, words + LANES, last + LANES, j);
	}
	SIP_NAME(end)(v, low, high);
	SIP_NAME(end)(w, low + LANES, high + LANES);
	for (size_t i = 0; i < count; i++) {
		store(out[i], low[i]);
		store(out[i] + 8, high[i]);
	}
}

#undef SIP_NAME
#undef SIP_TARGET
#undef SIP_TURN
