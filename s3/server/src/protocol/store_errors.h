/* S3's own error codes, their HTTP status and text. Source: the S3 API Reference, "Error
 * responses". */
#ifndef S3_SERVER_ERRORS_H
#define S3_SERVER_ERRORS_H

/* X(code, status, message): `code` is spelt as in the response. */
#define S3_ERROR_TABLE(X)                                                                          \
    X(AccessControlListNotSupported, 400, "The bucket does not allow ACLs")                        \
    X(AccessDenied, 403, "Access Denied")                                                          \
    X(AccessForbidden, 403, "Access Forbidden")                                                    \
    X(AuthorizationHeaderMalformed, 400,                                                           \
      "The authorization header that you provided is not valid.")                                  \
    X(AuthorizationQueryParametersError, 400,                                                      \
      "The authorization query parameters that you provided are not valid.")                       \
    X(BadDigest, 400,                                                                              \
      "The Content-MD5 or checksum value that you specified did not match what "                   \
      "the server received.")                                                                      \
    X(BadRequest, 400, "Bad Request")                                                              \
    X(BucketAlreadyOwnedByYou, 409,                                                                \
      "Your previous request to create the named bucket succeeded and you already own it.")        \
    X(BucketNotEmpty, 409, "The bucket that you tried to delete is not empty.")                    \
    X(EntityTooLarge, 400, "Your proposed upload exceeds the maximum allowed object size.")        \
    X(EntityTooSmall, 400, "Your proposed upload is smaller than the minimum allowed size.")       \
    X(ExpiredToken, 400, "The provided token has expired.")                                        \
    X(IllegalLocationConstraintException, 400,                                                     \
      "The location constraint is incompatible with the region of this endpoint.")                 \
    X(IncompleteBody, 400,                                                                         \
      "You did not provide the number of bytes specified by the Content-Length HTTP header.")      \
    X(InsufficientStorage, 507, "The store has reached the limit of bytes that it may hold.")      \
    X(InternalError, 500, "An internal error occurred. Try again.")                                \
    X(InvalidAccessKeyId, 403,                                                                     \
      "The access key ID that you provided does not exist in our records.")                        \
    X(InvalidArgument, 400, "Invalid Argument")                                                    \
    X(InvalidBucketState, 409, "The request is not valid with the current state of the bucket.")   \
    X(InvalidBucketName, 400, "The specified bucket is not valid.")                                \
    X(InvalidChunkSizeError, 403,                                                                  \
      "Only the last chunk is allowed to have a size less than 8192 bytes")                        \
    X(InvalidDigest, 400, "The Content-MD5 or checksum value that you specified is not valid.")    \
    X(InvalidEncryptionAlgorithmError, 400,                                                        \
      "The encryption request that you specified is not valid. The valid value is AES256.")        \
    X(InvalidLocationConstraint, 400, "The specified location-constraint is not valid")            \
    X(InvalidPart, 400,                                                                            \
      "One or more of the specified parts could not be found. The part might not have been "       \
      "uploaded, or the specified entity tag might not have matched the part's entity tag.")       \
    X(InvalidPartNumber, 416, "The requested partnumber is not satisfiable")                       \
    X(InvalidPartOrder, 400,                                                                       \
      "The list of parts was not in ascending order. Parts must be ordered by part number.")       \
    X(InvalidPolicyDocument, 400,                                                                  \
      "The content of the form does not meet the conditions specified in the policy document.")    \
    X(InvalidRange, 416, "The requested range is not satisfiable")                                 \
    X(InvalidRequest, 400, "Invalid Request")                                                      \
    X(InvalidStorageClass, 400, "The storage class that you specified is not valid.")              \
    X(InvalidTag, 400,                                                                             \
      "The tag provided was not a valid tag. This error can occur if the tag did not pass input "  \
      "validation.")                                                                               \
    X(InvalidToken, 400, "The provided token is malformed or otherwise not valid.")                \
    X(InvalidURI, 400, "The specified URI couldn't be parsed.")                                    \
    X(KeyTooLongError, 400, "Your key is too long.")                                               \
    X(MalformedPOSTRequest, 400,                                                                   \
      "The body of your POST request is not well-formed multipart/form-data.")                     \
    X(MalformedTrailerError, 400, "The request contained trailing data that was not well-formed.") \
    X(MalformedXML, 400,                                                                           \
      "The XML you provided was not well-formed or did not validate against our published schema") \
    X(MaxPostPreDataLengthExceededError, 400,                                                      \
      "Your POST request fields preceding the upload file were too large.")                        \
    X(MetadataTooLarge, 400, "Your metadata headers exceed the maximum allowed metadata size.")    \
    X(MissingSecurityHeader, 400, "Your request is missing a required header.")                    \
    X(MethodNotAllowed, 405, "The specified method is not allowed against this resource.")         \
    X(MissingContentLength, 411, "You must provide the Content-Length HTTP header.")               \
    X(NoSuchBucketPolicy, 404, "The bucket policy does not exist")                                 \
    X(NoSuchCORSConfiguration, 404, "The CORS configuration does not exist")                       \
    X(NoSuchLifecycleConfiguration, 404, "The lifecycle configuration does not exist")             \
    X(NoSuchObjectLockConfiguration, 404,                                                          \
      "The specified object does not have a ObjectLock configuration")                             \
    X(NoSuchPublicAccessBlockConfiguration, 404,                                                   \
      "The public access block configuration was not found")                                       \
    X(NoSuchTagSet, 404, "The TagSet does not exist")                                              \
    X(NoSuchVersion, 404, "The specified version does not exist.")                                 \
    X(NoSuchWebsiteConfiguration, 404,                                                             \
      "The specified bucket does not have a website configuration")                                \
    X(ObjectLockConfigurationNotFoundError, 404,                                                   \
      "Object Lock configuration does not exist for this bucket")                                  \
    X(ReplicationConfigurationNotFoundError, 404, "The replication configuration was not found")   \
    X(NoSuchBucket, 404, "The specified bucket does not exist")                                    \
    X(NoSuchKey, 404, "The specified key does not exist.")                                         \
    X(NoSuchUpload, 404,                                                                           \
      "The specified multipart upload does not exist. The upload ID might not be valid, or the "   \
      "multipart upload might have been aborted or completed.")                                    \
    X(NotImplemented, 501,                                                                         \
      "A header or parameter you provided implies functionality that is not implemented.")         \
    X(NotModified, 304, "Not Modified")                                                            \
    X(PreconditionFailed, 412, "At least one of the pre-conditions you specified did not hold")    \
    X(RequestTimeout, 400,                                                                         \
      "Your socket connection to the server was not read from or written to within the timeout "   \
      "period.")                                                                                   \
    X(RequestTimeTooSkewed, 403,                                                                   \
      "The difference between the request time and the server's time is too large.")               \
    X(ServiceUnavailable, 503, "Service is unable to handle request.")                             \
    X(SlowDown, 503, "Please reduce your request rate.")                                           \
    X(SignatureDoesNotMatch, 403,                                                                  \
      "The request signature we calculated does not match the signature you provided. Check "      \
      "your key and signing method.")                                                              \
    X(TooManyBuckets, 400, "You have attempted to create more buckets than allowed.")              \
    X(TooManyParts, 400, "You have attempted to upload more parts than allowed.")                  \
    X(UnexpectedContent, 400, "This request contains unsupported content.")                        \
    X(XAmzContentSHA256Mismatch, 400,                                                              \
      "The provided 'x-amz-content-sha256' header does not match what was computed.")

enum s3_error {
    S3_OK = 0,
#define S3_ERROR_ENUM(code, status, message) S3_##code,
    S3_ERROR_TABLE(S3_ERROR_ENUM)
#undef S3_ERROR_ENUM
        S3_ERRORS,
};

struct s3_error_entry {
    const char *code;
    int status;
    const char *message;
};

/* The entry of any code but S3_OK. Static storage. */
const struct s3_error_entry *s3_server__error(enum s3_error error);

#endif
