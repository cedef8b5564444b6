/* headers_send(): the head of a reply ahead of its time, and interim replies. */
#include "internal.h"

#include "SAPI.h"

/* Sends what header() was given so far as an interim reply; the final one has
 * its own status and the same headers. Headers that frame a body are left out on
 * the way. */
static int askr_send_interim(zend_long status)
{
	int final = SG(sapi_headers).http_response_code;
	int sent;

	if (SG(headers_sent)) {
		return SAPI_HEADER_SEND_FAILED;
	}
	SG(sapi_headers).http_response_code = (int) status;
	sent = sapi_module.send_headers(&SG(sapi_headers));
	SG(sapi_headers).http_response_code = final;
	return sent;
}

ZEND_FUNCTION(headers_send)
{
	zend_long status = 200;

	ZEND_PARSE_PARAMETERS_START(0, 1)
		Z_PARAM_OPTIONAL
		Z_PARAM_LONG(status)
	ZEND_PARSE_PARAMETERS_END();

	if (status < 100 || status > 599 || status == 101) {
		zend_argument_value_error(1, "must be a status between 100 and 599 other than 101");
		RETURN_THROWS();
	}
	if (!SG(server_context)) {
		RETURN_LONG(SAPI_HEADER_SEND_FAILED);
	}
	if (status < 200) {
		RETURN_LONG(askr_send_interim(status));
	}
	if (!SG(headers_sent)) {
		SG(sapi_headers).http_response_code = (int) status;
	}
	sapi_send_headers();
	sapi_flush();
	RETURN_LONG(SAPI_HEADER_SENT_SUCCESSFULLY);
}
