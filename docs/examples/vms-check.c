/* SPDX-License-Identifier: Apache-2.0 */
/* A video management program makes sure that it talks to unit ACCC8E000001.
 * Where devid is installed (make install), as C or as C++:
 *   cc -o vms-check vms-check.c $(pkg-config --cflags --libs devid)
 *   ./vms-check manufacturer-root.pem camera.example:443 ACCC8E000001
 * Exit status: 0 genuine, 1 not genuine or not reached, 2 wrong call. */
#include <openssl/ssl.h>
#include <stdio.h>
#include <devid/verify.h>

int main(int argc, char **argv)
{
	static struct devid_verify_result result;
	struct devid_error err = { DEVID_OK, "" };
	struct devid_verifier *v = NULL;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	BIO *bio = ctx ? BIO_new_ssl_connect(ctx) : NULL;
	SSL *ssl = NULL;
	enum devid_err rc = DEVID_ERR_UNREACHABLE;

	if (argc != 4) {
		fprintf(stderr, "usage: vms-check ROOT.pem HOST:PORT SERIAL\n");
		return 2;
	}
	if (!bio || devid_verifier_new(&v, &err) != DEVID_OK ||
		devid_verifier_add_root_pem_file(v, argv[1], &err) !=
			DEVID_OK) {
		fprintf(stderr, "vms-check: %s\n", devid_error_text(&err));
		return 2;
	}
	BIO_set_conn_hostname(bio, argv[2]);
	BIO_get_ssl(bio, &ssl);
	if (BIO_do_handshake(bio) == 1) /* proves that it holds its key */
		rc = devid_verifier_check_ssl(v, ssl, argv[3], &result);
	printf("%s: %s\n", argv[2],
		rc == DEVID_OK   ? "genuine"
		: result.text[0] ? result.text
				 : devid_err_name(rc));
	/* talk to the unit over bio only when rc is DEVID_OK */
	BIO_free_all(bio);
	SSL_CTX_free(ctx);
	devid_verifier_free(v);
	return rc == DEVID_OK ? 0 : 1;
}
