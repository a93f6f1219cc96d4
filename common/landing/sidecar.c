#include "common/landing/sidecar.h"

#include "common/json/text.h"

static void put_raw(struct tg_buffer *out, const char *name, struct tg_str json)
{
	if (!json.p)
		return;
	tg_json_put_name(out, name);
	tg_buffer_put_str(out, json);
}

void tg_sidecar_put(struct tg_buffer *out, const struct tg_landing *landing,
		    const struct tg_stage *stage)
{
	const struct tg_origin *o = landing->origin;

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
	tg_json_put_member(out, "pgp_fingerprint", o->pgp_fingerprint);
	tg_json_put_member(out, "signed_at", o->signed_at);
	if (o->is_unsigned)
		tg_buffer_puts(out, ",\"signed\":false");
	put_raw(out, "pgp_allowed", o->pgp_allowed);
	tg_json_put_member(out, "schema_version", landing->schema_version);
	put_raw(out, "contract", o->contract);
	tg_json_put_member(out, "upstream", tg_str_of(landing->upstream));
	put_raw(out, "stages", o->stages);
	tg_json_put_member(out, "run", landing->run);
	tg_json_put_member(out, "landing", landing->id);
	tg_buffer_puts(out, "}\n");
}
