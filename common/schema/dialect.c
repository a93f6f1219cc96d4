#include "common/schema/dialect.h"

#define TEXT(s)                                                                                    \
	{                                                                                          \
		s, sizeof(s) - 1                                                                   \
	}

/* The first row of a draft is its own meta-schema; the others are dialects that add annotations only. */
static const struct tg_str uris[] = {
	// clang-format off
	[TG_DRAFT_4]    = TEXT("http://json-schema.org/draft-04/schema"),
	[TG_DRAFT_6]    = TEXT("http://json-schema.org/draft-06/schema"),
	[TG_DRAFT_7]    = TEXT("http://json-schema.org/draft-07/schema"),
	[TG_DRAFT_2019] = TEXT("https://json-schema.org/draft/2019-09/schema"),
	[TG_DRAFT_2020] = TEXT("https://json-schema.org/draft/2020-12/schema"),
	[TG_DRAFTS]     = TEXT("https://spec.openapis.org/oas/3.1/dialect/base"),
	// clang-format on
};

bool tg_draft_of_uri(struct tg_str uri, enum tg_draft *draft)
{
	if (tg_str_ends(uri, TG_STR("#")))
		uri.n--;
	for (size_t i = 0; i < TG_COUNT(uris); i++) {
		if (tg_str_eq(uri, uris[i])) {
			*draft = i < TG_DRAFTS ? (enum tg_draft)i : TG_DRAFT_2020;
			return true;
		}
	}
	return false;
}

struct tg_str tg_draft_uri(enum tg_draft draft)
{
	return uris[draft];
}

const char *tg_draft_name(enum tg_draft draft)
{
	static const char *const name[TG_DRAFTS] = { "4", "6", "7", "2019-09", "2020-12" };

	return name[draft];
}

const struct tg_str *tg_draft_nearest(struct tg_str uri)
{
	if (tg_str_ends(uri, TG_STR("#")))
		uri.n--;
	return tg_str_nearest(uri, uris, TG_COUNT(uris));
}

unsigned tg_vocabulary_of_uri(struct tg_str uri, bool *asserts)
{
	static const struct {
		struct tg_str uri;
		unsigned bits;
		bool asserts;
	} row[] = {
		// clang-format off
		{ TEXT("https://json-schema.org/draft/2020-12/vocab/core"),              TG_VOCABULARY_CORE, false },
		{ TEXT("https://json-schema.org/draft/2020-12/vocab/applicator"),        TG_VOCABULARY_APPLICATOR, false },
		{ TEXT("https://json-schema.org/draft/2020-12/vocab/unevaluated"),       TG_VOCABULARY_UNEVALUATED, false },
		{ TEXT("https://json-schema.org/draft/2020-12/vocab/validation"),        TG_VOCABULARY_VALIDATION, false },
		{ TEXT("https://json-schema.org/draft/2020-12/vocab/meta-data"),         TG_VOCABULARY_META, false },
		{ TEXT("https://json-schema.org/draft/2020-12/vocab/format-annotation"), TG_VOCABULARY_FORMAT, false },
		{ TEXT("https://json-schema.org/draft/2020-12/vocab/format-assertion"),  TG_VOCABULARY_FORMAT, true },
		{ TEXT("https://json-schema.org/draft/2020-12/vocab/content"),           TG_VOCABULARY_CONTENT, false },
		{ TEXT("https://json-schema.org/draft/2019-09/vocab/core"),              TG_VOCABULARY_CORE, false },
		{ TEXT("https://json-schema.org/draft/2019-09/vocab/applicator"),
		  TG_VOCABULARY_APPLICATOR | TG_VOCABULARY_UNEVALUATED, false },
		{ TEXT("https://json-schema.org/draft/2019-09/vocab/validation"),        TG_VOCABULARY_VALIDATION, false },
		{ TEXT("https://json-schema.org/draft/2019-09/vocab/meta-data"),         TG_VOCABULARY_META, false },
		{ TEXT("https://json-schema.org/draft/2019-09/vocab/format"),            TG_VOCABULARY_FORMAT, false },
		{ TEXT("https://json-schema.org/draft/2019-09/vocab/content"),           TG_VOCABULARY_CONTENT, false },
		// clang-format on
	};

	*asserts = false;
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		if (tg_str_eq(uri, row[i].uri)) {
			*asserts = row[i].asserts;
			return row[i].bits;
		}
	}
	return 0;
}
