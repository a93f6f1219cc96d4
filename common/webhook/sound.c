#include "common/webhook/sound.h"

#include "common/webhook/fixed.h"

static bool has_piece(const struct tg_scheme *s, enum tg_piece_kind kind)
{
	for (size_t i = 0; i < s->pieces; i++)
		if (s->piece[i].kind == kind)
			return true;
	return false;
}

static bool signs_header(const struct tg_scheme *s, struct tg_str name)
{
	for (size_t i = 0; i < s->pieces; i++)
		if (s->piece[i].kind == TG_PIECE_HEADER && tg_str_eq(s->piece[i].text, name))
			return true;
	return false;
}

static bool is_same_pointer(const struct tg_pointer *a, const struct tg_pointer *b)
{
	if (a->steps != b->steps)
		return false;
	for (size_t i = 0; i < a->steps; i++)
		if (!tg_str_eq(a->step[i], b->step[i]))
			return false;
	return true;
}

static bool signs_member(const struct tg_scheme *s, const struct tg_pointer *pointer)
{
	for (size_t i = 0; i < s->pieces; i++)
		for (size_t k = 0; k < s->piece[i].pointers; k++)
			if (is_same_pointer(s->piece[i].pointer + k, pointer))
				return true;
	return false;
}

static bool is_place_signed(const struct tg_scheme *s, const struct tg_webhook_place *place)
{
	switch (place->kind) {
	case TG_PLACE_JSON:
		return has_piece(s, TG_PIECE_BODY) || s->body_hash.places ||
		       signs_member(s, &place->pointer);
	case TG_PLACE_QUERY:
		return has_piece(s, TG_PIECE_URL) && !s->url_twilio;
	case TG_PLACE_HEADER:
	case TG_PLACE_NUMBERED:
		return signs_header(s, place->name);
	}
	return false;
}

bool tg_scheme_signs_id(const struct tg_scheme *s)
{
	if (s->algorithm == TG_ALGORITHM_TOKEN) /* who knows the token can write anything */
		return s->id.places > 0;
	if (!s->id.places || !s->pieces)
		return false;
	if (has_piece(s, TG_PIECE_ID))
		return true;
	for (size_t i = 0; i < s->id.places; i++)
		if (!is_place_signed(s, s->id.place + i))
			return false;
	return true;
}

/* A time that is judged must be one that nobody can change. */
static bool is_time_signed(const struct tg_scheme *s)
{
	if (has_piece(s, TG_PIECE_TIMESTAMP))
		return true;
	for (size_t i = 0; i < s->timestamp.places; i++)
		if (!is_place_signed(s, s->timestamp.place + i))
			return false;
	return true;
}

/* Whether nobody can give the same signature another body. */
static bool is_body_signed(const struct tg_scheme *s)
{
	if (has_piece(s, TG_PIECE_BODY) || has_piece(s, TG_PIECE_FORM))
		return true;
	for (size_t i = 0; i < s->body_hash.places; i++) {
		const struct tg_webhook_place *place = s->body_hash.place + i;

		if (place->kind == TG_PLACE_QUERY ? !has_piece(s, TG_PIECE_URL)
						  : !is_place_signed(s, place))
			return false;
	}
	return s->body_hash.places > 0;
}

const char *tg_scheme_weakness(const struct tg_scheme *s)
{
	if (s->algorithm == TG_ALGORITHM_TOKEN)
		return "the token is shown, and the body is not signed";
	if (s->algorithm == TG_ALGORITHM_PREFIX)
		return "a plain hash: whoever has one signed body can sign a longer one";
	return NULL;
}

static const char *fault_of_token(const struct tg_scheme *s)
{
	return s->pieces || s->timestamp.places
		       ? "a token signs nothing: there must be no \"signed\" and no \"timestamp\""
		       : NULL;
}

const char *tg_scheme_fault(const struct tg_scheme *s)
{
	if (!s->name.p)
		return "has no \"name\"";
	if (!s->algorithm_name.p)
		return "has no \"algorithm\"";
	if (s->algorithm == TG_ALGORITHM_FIXED && s->fixed->request)
		return NULL;
	if (!s->signature.places)
		return "has no \"signature\": where does it stand?";
	if (s->algorithm == TG_ALGORITHM_TOKEN)
		return fault_of_token(s);
	if (s->encoding == TG_ENCODING_TEXT)
		return "only a token stands as text: the encoding must be hex or base64";
	if (!s->pieces)
		return "has no \"signed\": what is signed?";
	if (has_piece(s, TG_PIECE_TIMESTAMP) && !s->timestamp.places)
		return "{timestamp} is signed, but no \"timestamp\" says where it stands";
	if (has_piece(s, TG_PIECE_ID) && !s->id.places)
		return "{id} is signed, but no \"id\" says where it stands";
	if (!s->items != !s->item)
		return "\"items\" and \"item\" belong together";
	if (s->items && (s->id.places || s->each))
		return "\"items\" go with neither \"id\" nor \"each\": what is signed of them is the id";
	if (!is_time_signed(s))
		return "the timestamp is not signed, so anyone can change it: \"signed\" must hold "
		       "{timestamp}, or it must stand in a body that is signed";
	/* That a pass says little is said in the run log, whoever wrote the description. */
	if (!s->weak.p && s->algorithm != TG_ALGORITHM_PREFIX && !is_body_signed(s))
		return "the body is not signed: \"signed\" must hold {body} or {form}, or \"body_hash\" a digest "
		       "that is signed; else \"weak\" must say what a pass is worth";
	return NULL;
}
