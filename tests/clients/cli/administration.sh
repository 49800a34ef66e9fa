# The rest of the commands: permissions, policies, lists in pages.
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"

authority=$(new_authority ROOT administered)
arn=(--certificate-authority-arn "$authority")

ok "a permission is created" pca create-permission "${arn[@]}" --principal acm.amazonaws.com \
    --actions IssueCertificate GetCertificate ListPermissions
refused "it is there already" PermissionAlreadyExistsException pca create-permission "${arn[@]}" \
    --principal acm.amazonaws.com --actions IssueCertificate
same "it is listed" acm.amazonaws.com \
    "$(pca list-permissions "${arn[@]}" --query 'Permissions[].Principal' --output text)"
ok "it is deleted" pca delete-permission "${arn[@]}" --principal acm.amazonaws.com
refused "it is not there any more" ResourceNotFoundException pca delete-permission "${arn[@]}" --principal acm.amazonaws.com

echo '{"Version": "2012-10-17", "Statement": []}' >policy.json
ok "a policy is put" pca put-policy --resource-arn "$authority" --policy file://policy.json
same "it is as it was given" "$(cat policy.json)" \
    "$(pca get-policy --resource-arn "$authority" --query Policy --output text)"
ok "it is deleted" pca delete-policy --resource-arn "$authority"
refused "it is not there any more" ResourceNotFoundException pca get-policy --resource-arn "$authority"
refused "text is no policy" InvalidPolicyException pca put-policy --resource-arn "$authority" --policy text

tags=()
for number in 1 2 3 4 5; do
    tags+=("Key=key$number,Value=$number")
done
ok "tags are put" pca tag-certificate-authority "${arn[@]}" --tags "${tags[@]}"
same "pages add up" 5 "$(pca list-tags "${arn[@]}" --page-size 2 --query 'length(Tags)')"
same "a page alone" 2 "$(pca list-tags "${arn[@]}" --max-results 2 --no-paginate --query 'length(Tags)')"
ok "authorities in pages" pca list-certificate-authorities --page-size 1
refused "a token that is none" InvalidNextTokenException pca list-certificate-authorities --no-paginate --next-token none
refused "an ARN that is none" InvalidArnException pca describe-certificate-authority --certificate-authority-arn arn:aws:s3:::bucket
