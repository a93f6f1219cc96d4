#include "common/pgp/gpgme.h"

#include "common/base/library.h"

struct tg_gpgme tg_gpgme;

static const struct tg_library_call calls[] = {
	TG_LIBRARY_CALL(tg_gpgme.cancel, gpgme_cancel),
	TG_LIBRARY_CALL(tg_gpgme.check_version, gpgme_check_version),
	TG_LIBRARY_CALL(tg_gpgme.data_new, gpgme_data_new),
	TG_LIBRARY_CALL(tg_gpgme.data_new_from_cbs, gpgme_data_new_from_cbs),
	TG_LIBRARY_CALL(tg_gpgme.data_new_from_mem, gpgme_data_new_from_mem),
	TG_LIBRARY_CALL(tg_gpgme.data_read, gpgme_data_read),
	TG_LIBRARY_CALL(tg_gpgme.data_release, gpgme_data_release),
	TG_LIBRARY_CALL(tg_gpgme.data_seek, gpgme_data_seek),
	TG_LIBRARY_CALL(tg_gpgme.data_set_file_name, gpgme_data_set_file_name),
	TG_LIBRARY_CALL(tg_gpgme.data_set_flag, gpgme_data_set_flag),
	TG_LIBRARY_CALL(tg_gpgme.engine_check_version, gpgme_engine_check_version),
	TG_LIBRARY_CALL(tg_gpgme.get_engine_info, gpgme_get_engine_info),
	TG_LIBRARY_CALL(tg_gpgme.get_key, gpgme_get_key),
	TG_LIBRARY_CALL(tg_gpgme.io_write, gpgme_io_write),
	TG_LIBRARY_CALL(tg_gpgme.key_unref, gpgme_key_unref),
	TG_LIBRARY_CALL(tg_gpgme.new, gpgme_new),
	TG_LIBRARY_CALL(tg_gpgme.op_decrypt_result, gpgme_op_decrypt_result),
	TG_LIBRARY_CALL(tg_gpgme.op_decrypt_verify_start, gpgme_op_decrypt_verify_start),
	TG_LIBRARY_CALL(tg_gpgme.op_encrypt_result, gpgme_op_encrypt_result),
	TG_LIBRARY_CALL(tg_gpgme.op_encrypt_sign_ext_start, gpgme_op_encrypt_sign_ext_start),
	TG_LIBRARY_CALL(tg_gpgme.op_import, gpgme_op_import),
	TG_LIBRARY_CALL(tg_gpgme.op_import_result, gpgme_op_import_result),
	TG_LIBRARY_CALL(tg_gpgme.op_keylist_next, gpgme_op_keylist_next),
	TG_LIBRARY_CALL(tg_gpgme.op_keylist_start, gpgme_op_keylist_start),
	TG_LIBRARY_CALL(tg_gpgme.op_sign_result, gpgme_op_sign_result),
	TG_LIBRARY_CALL(tg_gpgme.op_sign_start, gpgme_op_sign_start),
	TG_LIBRARY_CALL(tg_gpgme.op_verify_result, gpgme_op_verify_result),
	TG_LIBRARY_CALL(tg_gpgme.op_verify_start, gpgme_op_verify_start),
	TG_LIBRARY_CALL(tg_gpgme.release, gpgme_release),
	TG_LIBRARY_CALL(tg_gpgme.set_armor, gpgme_set_armor),
	TG_LIBRARY_CALL(tg_gpgme.set_ctx_flag, gpgme_set_ctx_flag),
	TG_LIBRARY_CALL(tg_gpgme.set_engine_info, gpgme_set_engine_info),
	TG_LIBRARY_CALL(tg_gpgme.set_global_flag, gpgme_set_global_flag),
	TG_LIBRARY_CALL(tg_gpgme.set_io_cbs, gpgme_set_io_cbs),
	TG_LIBRARY_CALL(tg_gpgme.set_keylist_mode, gpgme_set_keylist_mode),
	TG_LIBRARY_CALL(tg_gpgme.set_offline, gpgme_set_offline),
	TG_LIBRARY_CALL(tg_gpgme.set_passphrase_cb, gpgme_set_passphrase_cb),
	TG_LIBRARY_CALL(tg_gpgme.set_pinentry_mode, gpgme_set_pinentry_mode),
	TG_LIBRARY_CALL(tg_gpgme.set_protocol, gpgme_set_protocol),
	TG_LIBRARY_CALL(tg_gpgme.set_status_cb, gpgme_set_status_cb),
	TG_LIBRARY_CALL(tg_gpgme.signers_clear, gpgme_signers_clear),
	TG_LIBRARY_CALL(tg_gpgme.strerror, gpgme_strerror),
};

static struct tg_library library = {
#if GPGME_VERSION_NUMBER >= 0x020000
	.file = TG_LIBRARY_FILE("libgpgme", "45"),
#else
	.file = TG_LIBRARY_FILE("libgpgme", "11"),
#endif
	.package = "libgpgme11",
	.needs = "OpenPGP needs GPGME",
	.call = calls,
	.calls = TG_COUNT(calls),
};

enum tg_status tg_gpgme_load(struct tg_error *err)
{
	return tg_library_load(&library, err);
}
