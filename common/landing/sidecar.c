#include "common/landing/sidecar.h"

#include "common/json/scan.h"
#include "common/json/text.h"

/* Members that are this landing's own, and not those of the one whose place it takes. */
static bool is_own(struct tg_str name)
{
	static const char *const own[] = { "v",	       "checksum",	"bytes",	"records",
					   "replaces", "reason",	"erased_at",	"erased",
					   "encoding", "stored_sha256", "stored_bytes", "run",
					   "landing" };

	for (size_t i = 0; i < TG_COUNT(own); i++)
		if (tg_str_is(name, own[i]))
			return true;
	return false;
}

/* What was known of the landing before stays known; the digest and the counts are of what is there now. */
static void put_replacing(struct tg_buffer *out, const struct tg_landing *l,
			  const struct tg_stage *stage)
{
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_record rec = { 0 };
	uint32_t end = 0;

	tg_buffer_put_str(&text, l->sidecar);
	memset(tg_buffer_room(&text, 0), 0, TG_SLACK);
	if (tg_scan(scanner, tg_buffer_str(&text), &rec) == TG_SCAN_OK &&
	    rec.span[0].kind == TG_OBJECT)
		end = rec.span[0].next;
	tg_buffer_puts(out, "{\"v\":1");
	for (uint32_t k = 1; k < end; k = rec.span[k + 1].next) {
		if (is_own(tg_span_text(&rec, &rec.span[k])))
			continue;
		tg_buffer_putc(out, ',');
		tg_buffer_put_str(out, tg_span_raw(&rec, &rec.span[k]));
		tg_buffer_putc(out, ':');
		tg_buffer_put_str(out, tg_span_raw(&rec, &rec.span[k + 1]));
	}
	tg_buffer_puts(out, ",\"checksum\":\"sha256:");
	tg_buffer_puts(out, stage->sha256);
	tg_buffer_putc(out, '"');
	tg_json_put_member_u64(out, "bytes", stage->bytes);
	tg_json_put_member_u64(out, "records", stage->records.n);
	tg_json_put_member(out, "replaces", l->replaces);
	tg_json_put_member(out, "reason", l->reason);
	tg_buffer_puts(out, ",\"erased_at\":\"");
	tg_time_put(out, l->erased_at);
	tg_buffer_putc(out, '"');
	tg_json_put_member_u64(out, "erased", l->erased);
	tg_json_put_member(out, "run", l->run);
	tg_json_put_member(out, "landing", l->id);
	tg_buffer_puts(out, "}\n");
}

void tg_sidecar_put(struct tg_buffer *out, const struct tg_landing *landing,
		    const struct tg_stage *stage)
{
	const struct tg_origin *o = landing->origin;

	if (landing->replaces.p) {
		put_replacing(out, landing, stage);
		return;
	}
	tg_buffer_puts(out, "{\"v\":1");
	tg_json_put_member(out, "source", landing->source);
	tg_json_put_member(out, "entity", landing->entity);
	tg_json_put_member(out, "date", landing->date);
	tg_buffer_puts(out, ",\"received_at\":\"");
	tg_time_put(out, landing->time);
	tg_buffer_puts(out, "\",\"checksum\":\"sha256:");
	tg_buffer_puts(out, stage->sha256);
	tg_buffer_putc(out, '"');
	tg_json_put_member_u64(out, "bytes", stage->bytes);
	tg_json_put_member_u64(out, "records", stage->records.n);
	tg_stage_put_encoding(stage, out);
	tg_json_put_member(out, "source_file", o->source_file);
	tg_json_put_member(out, "source_sha256", o->source_sha256);
	tg_json_put_member(out, "source_crc32", o->source_crc32);
	tg_json_put_member_json(out, "seq", o->seq);
	tg_json_put_member(out, "media_type", landing->media_type);
	tg_json_put_member(out, "scanned_by", landing->scanned_by);
	tg_json_put_member(out, "pgp_fingerprint", o->pgp_fingerprint);
	tg_json_put_member(out, "signed_at", o->signed_at);
	if (o->is_unsigned)
		tg_buffer_puts(out, ",\"signed\":false");
	tg_json_put_member_json(out, "pgp_allowed", o->pgp_allowed);
	tg_json_put_member(out, "schema_version", landing->schema_version);
	tg_json_put_member_json(out, "contract", o->contract);
	tg_json_put_member(out, "upstream", tg_str_of(landing->upstream));
	tg_json_put_member_json(out, "replay_of", o->replay_of);
	tg_json_put_member_json(out, "stages", o->stages);
	tg_json_put_member(out, "run", landing->run);
	tg_json_put_member(out, "landing", landing->id);
	tg_buffer_puts(out, "}\n");
}
